"""The doctor: looks at everything that can be misconfigured and says in one line each what is wrong and what to do.

Words: finding (green, amber, red), examination. A red finding means that something does not work or will lose data.
Adding an examination: write a function `(settings) -> Iterable[Finding]` and put it into the list in `examinations`.
"""

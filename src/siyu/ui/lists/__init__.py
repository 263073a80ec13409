"""Lists as packages show them.

A package declares a `ListKind` and adds it to `siyu.ui.registries.LISTS`. Its view calls `open_listing`, fetches the
rows of `listing.query` unless `listing.problem` says why not, hands them to `listing.fill` (or the error to
`listing.fail`), and lets `answer` choose between page and part. The component `listing` draws it.
"""

from siyu.ui.lists.answering import answer
from siyu.ui.lists.listing import Listing, open_listing

__all__ = ["Listing", "answer", "open_listing"]

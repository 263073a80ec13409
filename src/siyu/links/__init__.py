"""Short links: one token per recipient, followed to its page, its clicks counted once.

Owns: links, clicks' meaning. Words: link, token, click, bot. Publishes: links.clicked. Listens to: nothing
(the collector writes clicks into the inbox; the resolver brings them here).
Limits: a link lives at most 400 days.
"""

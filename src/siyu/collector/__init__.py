"""The collector: takes in what the outside world sends, keeps it durably, answers fast.

Owns: nothing stored; it appends to the inbox of `ingest` and reads `links_link` by one statement.
Words: click, callback, order hook, write key. Publishes and listens to nothing.
Limits: no Django; bodies and counts in `http` and `siyu.ingest.received`; a known link is remembered for a minute.
"""

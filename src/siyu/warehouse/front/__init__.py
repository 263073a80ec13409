"""The embedded warehouse: one process that owns chDB and answers ClickHouse's own HTTP interface on loopback.

owns: the data path (one process at a time), the secret, the lanes and their memory caps
words: statement (one SQL text, examined before it runs), lane (who may run beside whom), tag (how a query is killed)
limits: see `lanes.py` (concurrency, memory), `request.py` (sizes), `guard.py` (what is refused)

No Django here. Everybody else talks to this process through `siyu.warehouse.client`, as to any ClickHouse server.
"""

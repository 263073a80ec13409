"""The warehouse: all history in columns, derived, rebuilt from the log.

owns: the ClickHouse client, the embedded front over chDB, the tables of the warehouse, shipments from the log to it,
    the projections registry, the codec of bitmaps, the watch that tells people of outages
words: shipment (a span of the log sent as one insert, persisted before), projection (other packages' state as rows of
    the warehouse), lane (short for people, long for rebuilds), token (deduplicates a shipment that is sent again)
publishes: nothing
listens to: every event (the `events` table), and what each projection names
limits: `shipping` (rows per shipment), `front.lanes` (concurrency, memory), `client` (time-outs)

Only this package imports `clickhouse_connect` and `chdb`.
"""

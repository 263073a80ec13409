-- Which fragment belongs to which customer now. Small: only merged fragments have rows.
CREATE TABLE IF NOT EXISTS roots (
    fragment UInt32,
    root UInt32,
    version UInt64
)
ENGINE = ReplacingMergeTree(version)
ORDER BY fragment
SETTINGS non_replicated_deduplication_window = 0;

-- Read from the table beside it, without network on the embedded warehouse. Never refreshed by a timer: whoever ships
-- roots reloads it.
CREATE DICTIONARY IF NOT EXISTS roots_dict (
    fragment UInt64,
    root UInt32
)
PRIMARY KEY fragment
SOURCE(CLICKHOUSE(${access} QUERY 'SELECT fragment, root FROM `${database}`.roots FINAL WHERE root != fragment'))
LAYOUT(HASHED())
LIFETIME(0);

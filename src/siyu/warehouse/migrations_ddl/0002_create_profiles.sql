-- The present state of each customer's fragment; the largest version wins.
CREATE TABLE IF NOT EXISTS profiles (
    fragment UInt32,
    first_seen DateTime64(3, 'UTC'),
    attributes Map(LowCardinality(String), String),
    numbers Map(LowCardinality(String), Float64),
    version UInt64
)
ENGINE = ReplacingMergeTree(version)
ORDER BY fragment
SETTINGS non_replicated_deduplication_window = 0;

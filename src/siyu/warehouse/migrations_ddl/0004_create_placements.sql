-- Where each customer's fragment belongs now: a place of the organisation and who looks after it (0: open). The largest
-- version wins. It says which customers exist for whom.
CREATE TABLE IF NOT EXISTS placements (
    fragment UInt32,
    node UInt32,
    staff UInt32,
    version UInt64
)
ENGINE = ReplacingMergeTree(version)
ORDER BY fragment
SETTINGS non_replicated_deduplication_window = 0;

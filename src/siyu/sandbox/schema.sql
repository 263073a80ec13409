-- The sandbox's own books: first the stand-in's, then the people's.

CREATE TABLE IF NOT EXISTS signs (
    name TEXT PRIMARY KEY,
    state TEXT NOT NULL,
    reason TEXT NOT NULL DEFAULT '',
    created_at_ms INTEGER NOT NULL
);

CREATE TABLE IF NOT EXISTS templates (
    code TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    content TEXT NOT NULL,
    state TEXT NOT NULL,
    reason TEXT NOT NULL DEFAULT '',
    created_at_ms INTEGER NOT NULL
);

CREATE TABLE IF NOT EXISTS nonces (
    key_id TEXT NOT NULL,
    nonce TEXT NOT NULL,
    seen_at_ms INTEGER NOT NULL,
    PRIMARY KEY (key_id, nonce)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS nonces_age ON nonces (seen_at_ms);

CREATE TABLE IF NOT EXISTS counters (
    rule TEXT NOT NULL,
    key TEXT NOT NULL,
    starts_at_ms INTEGER NOT NULL,
    sent_count INTEGER NOT NULL,
    PRIMARY KEY (rule, key)
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS blacklist (
    phone TEXT PRIMARY KEY,
    code TEXT NOT NULL,
    since_ms INTEGER NOT NULL
) WITHOUT ROWID;

-- state: waiting, delivered, failed. report_state: none, pending, taken, given_up, lost. While a message waits, code
-- holds what was wrong with its number at submission, if anything was. round: the round that answered to it.
CREATE TABLE IF NOT EXISTS messages (
    id INTEGER PRIMARY KEY,
    biz_id TEXT NOT NULL,
    phone TEXT NOT NULL,
    sign_name TEXT NOT NULL,
    template_code TEXT NOT NULL,
    kind TEXT NOT NULL,
    content TEXT NOT NULL,
    units INTEGER NOT NULL,
    out_id TEXT NOT NULL,
    extend_code TEXT NOT NULL,
    sent_at_ms INTEGER NOT NULL,
    due_at_ms INTEGER NOT NULL,
    state TEXT NOT NULL,
    code TEXT NOT NULL,
    reported_at_ms INTEGER,
    report_state TEXT NOT NULL DEFAULT 'none',
    report_tries INTEGER NOT NULL DEFAULT 0,
    report_due_at_ms INTEGER,
    report_repeats INTEGER NOT NULL DEFAULT 0,
    round INTEGER
);
CREATE INDEX IF NOT EXISTS messages_phone ON messages (phone, sent_at_ms);
CREATE INDEX IF NOT EXISTS messages_waiting ON messages (due_at_ms) WHERE state = 'waiting';
CREATE INDEX IF NOT EXISTS messages_reporting ON messages (report_due_at_ms) WHERE report_state = 'pending';
CREATE INDEX IF NOT EXISTS messages_fresh ON messages (reported_at_ms) WHERE state = 'delivered' AND round IS NULL;

CREATE TABLE IF NOT EXISTS replies (
    id INTEGER PRIMARY KEY,
    phone TEXT NOT NULL,
    content TEXT NOT NULL,
    sign_name TEXT NOT NULL,
    dest_code TEXT NOT NULL,
    sent_at_ms INTEGER NOT NULL,
    report_state TEXT NOT NULL,
    report_tries INTEGER NOT NULL DEFAULT 0,
    report_due_at_ms INTEGER NOT NULL
);

CREATE TABLE IF NOT EXISTS rounds (
    number INTEGER PRIMARY KEY,
    started_at_ms INTEGER NOT NULL,
    finished_at_ms INTEGER,
    cause TEXT NOT NULL,
    people INTEGER NOT NULL,
    reached INTEGER NOT NULL
);

-- kind: click, buy, refuse. planned_at_ms is the moment that the decision named, due_at_ms that of the next try.
CREATE TABLE IF NOT EXISTS acts (
    id INTEGER PRIMARY KEY,
    round INTEGER NOT NULL,
    person INTEGER NOT NULL,
    kind TEXT NOT NULL,
    reached INTEGER NOT NULL,
    target TEXT NOT NULL,
    planned_at_ms INTEGER NOT NULL,
    due_at_ms INTEGER NOT NULL,
    state TEXT NOT NULL DEFAULT 'pending',
    tries INTEGER NOT NULL DEFAULT 0,
    result TEXT NOT NULL DEFAULT '',
    UNIQUE (round, person, kind)
);
CREATE INDEX IF NOT EXISTS acts_pending ON acts (due_at_ms) WHERE state = 'pending';

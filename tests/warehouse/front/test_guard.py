"""What the front refuses, and that it does not refuse the innocent."""

from __future__ import annotations

import pytest

from siyu.warehouse.front import guard
from siyu.warehouse.front.errors import FrontError
from siyu.warehouse.front.statement import examine

REFUSED = [
    "SELECT * FROM file('/etc/passwd', LineAsString)",
    "select * from FiLe ('/etc/passwd')",
    "SELECT * FROM file/* a comment */('/etc/passwd')",
    "SELECT * FROM file -- a comment\n('/etc/passwd')",
    "SELECT * FROM `file`('/etc/passwd')",
    'SELECT * FROM "file"(\'/etc/passwd\')',
    "SELECT file('/etc/passwd')",
    "SELECT 1 WHERE 1 IN (SELECT 1 FROM url('http://127.0.0.1/', CSV, 'a UInt8'))",
    "WITH x AS (SELECT * FROM s3('http://127.0.0.1/b')) SELECT * FROM x",
    "SELECT * FROM remote('127.0.0.1', system.one)",
    "SELECT * FROM remoteSecure('127.0.0.1', system.one)",
    "SELECT * FROM cluster('default', system.one)",
    "SELECT * FROM executable('id', TSV, 'a String')",
    "SELECT * FROM postgresql('h:1', 'd', 't', 'u', 'p')",
    "SELECT * FROM mysql('h:1', 'd', 't', 'u', 'p')",
    "SELECT * FROM sqlite('/x', 't')",
    "SELECT * FROM python('x')",
    "INSERT INTO FUNCTION file('/tmp/x', CSV, 'a Int8') VALUES (1)",
    "INSERT INTO TABLE FUNCTION url('http://127.0.0.1/') SELECT 1",
    "INSERT INTO t SELECT * FROM file('/etc/passwd')",
    "INSERT INTO t VALUES (file('/etc/passwd'))",
    "SELECT 1 INTO OUTFILE '/tmp/x'",
    "SELECT 1 INTO/**/OUTFILE '/tmp/x'",
    "INSERT INTO t FROM INFILE '/etc/passwd' FORMAT CSV",
    "CREATE TABLE f (a Int8) ENGINE = File(CSV)",
    "CREATE TABLE f (a Int8) ENGINE File(CSV)",
    "CREATE TABLE f (a Int8) ENGINE = URL('http://127.0.0.1/')",
    "CREATE TABLE f AS file('/etc/passwd')",
    "CREATE DATABASE d ENGINE = PostgreSQL('h:1', 'd', 'u', 'p')",
    "CREATE DICTIONARY d (a Int8) PRIMARY KEY a SOURCE(FILE(path '/etc/passwd' format 'CSV')) LAYOUT(FLAT())",
    "CREATE DICTIONARY d (a Int8) PRIMARY KEY a SOURCE(CLICKHOUSE(HOST 'evil' TABLE 't')) LAYOUT(FLAT())",
    "CREATE DICTIONARY d (a Int8) PRIMARY KEY a SOURCE(EXECUTABLE(command 'id' format 'TSV')) LAYOUT(FLAT())",
    "CREATE FUNCTION f AS x -> x",
    "CREATE USER u",
    "ATTACH TABLE t FROM '/x' (a Int8) ENGINE = File(CSV)",
    "DETACH TABLE t",
    "BACKUP TABLE t TO File('/tmp/x.zip')",
    "RESTORE TABLE t FROM File('/tmp/x.zip')",
    "GRANT ALL ON *.* TO u",
    "SYSTEM SHUTDOWN",
    "SYSTEM KILL",
    "SYSTEM STOP LISTEN HTTP",
    "EXECUTE AS u SELECT 1",
]
ALLOWED = [
    "SELECT 'file(' || 'url(x)'",
    "SELECT 'it\\'s file(1)'",
    "SELECT 'it''s file(1)'",
    "SELECT $$ file('/etc/passwd') $$",
    "SELECT 1 -- file('/etc/passwd')",
    "SELECT 1 /* INTO OUTFILE 'x' */",
    "SELECT url, file, remote FROM t WHERE url = 'x'",
    "SELECT count() FROM t WHERE body LIKE '%INTO OUTFILE%'",
    "CREATE TABLE url (a Int8) ENGINE = MergeTree ORDER BY a",
    "CREATE TABLE IF NOT EXISTS file (a Int8) ENGINE = ReplacingMergeTree(a) ORDER BY a",
    "INSERT INTO url (a) VALUES (1)",
    "INSERT INTO d.file (a) SELECT 1",
    "INSERT INTO t FORMAT CSV\n1,file('/etc/passwd')\n",
    "SELECT name FROM system.tables WHERE engine = 'File'",
    "SELECT engine = name FROM system.tables",
    "CREATE TEMPORARY TABLE x (a Int8)",
    "CREATE OR REPLACE VIEW v AS SELECT 1",
    "CREATE DICTIONARY d (a Int8) PRIMARY KEY a SOURCE(CLICKHOUSE(QUERY 'SELECT 1 FROM t')) LAYOUT(HASHED())",
    "SYSTEM RELOAD DICTIONARY roots_dict",
    "ALTER TABLE t DELETE WHERE a = 1",
    "DELETE FROM t WHERE a = 1",
    "(SELECT 1) UNION ALL (SELECT 2)",
    "FROM t SELECT a",
    "SELECT 1 SETTINGS max_threads = 1",
    "EXPLAIN SELECT 1",
    "SHOW TABLES",
    "SELECT '1;2';",
]


@pytest.mark.parametrize("sql", REFUSED)
def test_what_reaches_outside_is_refused(sql: str) -> None:
    with pytest.raises(FrontError) as refused:
        guard.check(examine(sql.encode()))
    assert refused.value.code == 497


@pytest.mark.parametrize("sql", ALLOWED)
def test_the_innocent_pass(sql: str) -> None:
    guard.check(examine(sql.encode()))


@pytest.mark.parametrize("sql", ["SELECT 1; SELECT 2", "SELECT 1;; DROP TABLE t", "SELECT 1; -- x\n DROP t", "SELEC 1"])
def test_what_is_no_single_statement_is_a_syntax_error(sql: str) -> None:
    with pytest.raises(FrontError) as refused:
        guard.check(examine(sql.encode()))
    assert refused.value.code == 62

"""What ordinary callers are refused: everything that reaches outside the data path, and the engine's own controls.

Two walls. This one reads the words of a statement and answers clearly. Behind it the engine's own grants
(`engine.py`) lack every SOURCE, so that a trick against this scanner still meets "Not enough privileges".
"""

from __future__ import annotations

from .errors import ACCESS_DENIED, SYNTAX_ERROR, FrontError
from .statement import Statement, Token


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Table functions (and the scalar `file`) that read or write outside the warehouse, in lower case.
REFUSED_FUNCTIONS = _words(
    """file filecluster url urlcluster urlwithheaders s3 s3cluster gcs cosn oss hdfs hdfscluster azureblobstorage
    azureblobstoragecluster remote remotesecure cluster clusterallreplicas mysql postgresql sqlite mongodb
    redis odbc jdbc executable python iceberg icebergcluster icebergs3 icebergs3cluster icebergazure
    icebergazurecluster iceberghdfs iceberghdfscluster iceberglocal deltalake deltalakecluster
    deltalakelocal deltalakes3 deltalakeazure hudi hudicluster paimon paimons3 paimonlocal paimonazure
    paimonhdfs ytsaurus arrowflight catboostevaluate prometheusquery prometheusqueryrange"""
)
ALLOWED_STATEMENTS = _words(
    """SELECT WITH FROM VALUES INSERT CREATE DROP ALTER TRUNCATE OPTIMIZE RENAME EXCHANGE SHOW DESCRIBE DESC EXISTS
    EXPLAIN CHECK DELETE UPDATE KILL SYSTEM USE SET"""
)
# Statements the engine knows and ordinary callers have no business with.
REFUSED_STATEMENTS = _words(
    """ATTACH DETACH BACKUP RESTORE GRANT REVOKE EXECUTE MOVE UNDROP BEGIN COMMIT ROLLBACK START ASSUME REFRESH COPY
    IMPORT SNAPSHOT PARALLEL"""
)
CREATED_OBJECTS = frozenset({"DATABASE", "TABLE", "VIEW", "MATERIALIZED", "DICTIONARY", "TEMPORARY", "OR", "REPLACE"})
ALLOWED_ENGINES = _words(
    """mergetree replacingmergetree summingmergetree aggregatingmergetree collapsingmergetree
    versionedcollapsingmergetree coalescingmergetree memory null join set log tinylog stripelog atomic
    buffer merge dictionary view materializedview"""
)
ALLOWED_DICTIONARY_SOURCES = frozenset({"CLICKHOUSE", "NULL"})
# Words of a dictionary source that would make it dial out.
_DIALLING = frozenset({"HOST", "PORT", "SECURE", "NAME"})
SYSTEM_COMMANDS = frozenset({"RELOAD DICTIONARY", "RELOAD DICTIONARIES", "FLUSH LOGS", "START MERGES", "STOP MERGES"})
# A table may be called `url`; after these words a name with a bracket is a table and its columns.
_NAMES_A_TABLE = frozenset({"INTO", "TABLE", "EXISTS", "TO"})


def check(statement: Statement) -> None:
    """Raises a `FrontError` (ACCESS_DENIED) if `statement` is not for ordinary callers."""
    if statement.kind in REFUSED_STATEMENTS:
        raise _refused(f"the statement {statement.kind}")
    if statement.kind not in ALLOWED_STATEMENTS:
        raise FrontError(SYNTAX_ERROR, f"Syntax error: {statement.kind or 'this'} does not begin a statement.")
    tokens = statement.tokens
    for before, token, after in zip([None, *tokens[:-1]], tokens, [*tokens[1:], None], strict=True):
        _check_call(before, token, after)
        if token.word in {"OUTFILE", "INFILE"} and before is not None and before.word in {"INTO", "FROM"}:
            raise _refused(f"{before.word} {token.word}")
    if statement.kind in {"CREATE", "ALTER"}:
        _check_definition(statement)
    if statement.kind == "SYSTEM":
        _check_system(tokens)


def _check_call(before: Token | None, token: Token, after: Token | None) -> None:
    if after is None or after.text != "(" or token.kind not in {"word", "quoted"}:
        return
    if token.text.lower() not in REFUSED_FUNCTIONS:
        return
    if before is not None and (before.text == "." or before.word in _NAMES_A_TABLE):
        return
    raise _refused(f"the function {token.text}")


def _check_definition(statement: Statement) -> None:
    tokens = [t for t in statement.tokens if t.kind != "filler"]
    if statement.kind == "CREATE" and len(tokens) > 1 and tokens[1].word not in CREATED_OBJECTS:
        raise _refused(f"CREATE {tokens[1].text}")
    for at, token in enumerate(tokens):
        if token.word == "ENGINE":
            engine = tokens[at + 2] if at + 1 < len(tokens) and tokens[at + 1].text == "=" else tokens[at + 1]
            if engine.kind in {"word", "quoted"} and engine.text.lower() not in ALLOWED_ENGINES:
                raise _refused(f"the engine {engine.text}")
        if token.word == "SOURCE" and at + 2 < len(tokens) and tokens[at + 1].text == "(":
            _check_source(tokens[at + 2 :])


def _check_source(tokens: list[Token]) -> None:
    if tokens[0].word not in ALLOWED_DICTIONARY_SOURCES:
        raise _refused(f"the dictionary source {tokens[0].text}")
    depth = 0
    for token in tokens[1:]:
        depth += {"(": 1, ")": -1}.get(token.text, 0)
        if depth <= 0:
            return
        if token.word in _DIALLING:
            raise _refused(f"{token.word} in a dictionary source")


def _check_system(tokens: list[Token]) -> None:
    command = " ".join(t.word for t in tokens[1:3])
    if command not in SYSTEM_COMMANDS:
        raise _refused(f"SYSTEM {command}")


def _refused(what: str) -> FrontError:
    return FrontError(ACCESS_DENIED, f"Not enough privileges: {what} is refused by the embedded warehouse.")

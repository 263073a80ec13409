"""Keys: columns whose equal values say that two records are one person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from siyu.kernel.errors import SiyuError

# Between the parts of a key; it stands in no text of a person.
MARK = "\x1f"


class UnknownColumns(SiyuError):
    code = "unknown_columns"
    status = 422
    message = "The file has no column %(missing)s. It has: %(columns)s."


@dataclass(frozen=True)
class Key:
    """One column, or several that have to be equal together (`surname+date_of_birth`)."""

    columns: tuple[str, ...]

    @property
    def text(self) -> str:
        return "+".join(self.columns)


def key_of(text: str, columns: Sequence[str]) -> Key:
    """A key as it is written on the command line; a column whose own name holds a plus is taken as one.

    Raises UnknownColumns.
    """
    named = (text.strip(),) if text.strip() in columns else tuple(part.strip() for part in text.split("+"))
    missing = [name for name in named if name not in columns]
    if missing:
        raise UnknownColumns(missing=", ".join(missing), columns=", ".join(columns))
    return Key(named)


def prepared(table: pl.DataFrame) -> pl.DataFrame:
    """The table as it is compared: all texts, without blanks around names and values; empty ones are null."""
    named = table.rename({name: name.strip() for name in table.columns})
    return named.with_columns(pl.all().cast(pl.String).str.strip_chars().replace("", None))


def values(table: pl.DataFrame, key: Key) -> pl.Series:
    """The key's value of each record; null where a part of it is empty, which equals nothing."""
    return table.select(pl.concat_str(key.columns, separator=MARK).alias("value")).to_series()

"""Column names: when two spellings are the same, which row is the header, and names that come twice."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Sequence

from siyu.ingest.contracts import EmptyFile, MissingColumns
from siyu.ingest.rules.texts import BLANKS

_LOOSE = re.compile(r"[\s_\-]+")


def header_key(name: str) -> str:
    """What of a column name counts: ``"Order No"``, ``order_no`` and ``OrderNo`` are one, （元） is (元)."""
    text = unicodedata.normalize("NFKC", name.strip(BLANKS).strip('"')).casefold()
    return _LOOSE.sub("", text)


def header_score(cells: Sequence[str], known: Collection[str]) -> int:
    """How many cells of a row are known column names (`known` holds header keys)."""
    return sum(1 for key in {header_key(cell) for cell in cells} if key in known)


def header_index(rows: Sequence[Sequence[str]], known: Collection[str]) -> int | None:
    """The row that looks most like a header: notice lines may stand above it. None if no row has a known name."""
    scores = [header_score(row, known) for row in rows]
    best = max(scores, default=0)
    return scores.index(best) if best else None


def find_header(rows: Sequence[Sequence[str]], known: Collection[str], *, guess: bool) -> tuple[int, bool]:
    """The place of the header row, and whether its names are known. EmptyFile if every row is blank.

    Where no name is known: a guess if that is wanted, MissingColumns otherwise.
    """
    index = header_index(rows, known)
    if index is not None:
        return index, True
    likely = likely_header_index(rows)
    if likely is None:
        raise EmptyFile()
    if not guess:
        raise MissingColumns(missing="order_no", found=shown(rows[likely]))
    return likely, False


def likely_header_index(rows: Sequence[Sequence[str]]) -> int | None:
    """Where the header stands if no name is known: the first row that is not much narrower than the widest.

    None if every row is blank. A notice above the header fills one or two cells.
    """
    filled = [sum(1 for cell in row if cell.strip(BLANKS)) for row in rows]
    widest = max(filled, default=0)
    return next((place for place, count in enumerate(filled) if count and 2 * count >= widest), None)


def distinct_headers(cells: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Header names made distinct (``金额``, ``金额 (2)``; nameless ones by letter), and the names that came twice.

    Distinct by `header_key`, so that each name finds its own column again.
    """
    seen: set[str] = set()
    names, repeated = [], []
    for position, cell in enumerate(cells):
        given = name = cell.strip(BLANKS) or f"({column_letter(position)})"
        number = 1
        while header_key(name) in seen:
            number += 1
            name = f"{given} ({number})"
        if number > 1:
            repeated.append(given)
        seen.add(header_key(name))
        names.append(name)
    return tuple(names), tuple(dict.fromkeys(repeated))


def shown(names: Sequence[str]) -> str:
    """Column names as an error lists them: the first forty, none longer than forty characters."""
    return ", ".join(name.strip()[:40] for name in names[:40])


def column_letter(position: int) -> str:
    """A spreadsheet's name of a column: 0 → A, 26 → AA."""
    letters = ""
    position += 1
    while position:
        position, rest = divmod(position - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters

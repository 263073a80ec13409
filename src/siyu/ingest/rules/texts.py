"""Texts and identifiers: what spreadsheets and shop consoles put around them, and what they destroy."""

from __future__ import annotations

import re
import unicodedata

from siyu.ingest.rules.reasons import BadValue, Reason

# Blanks that people do not see: TAB and no-break guards, ideographic space, byte-order mark, zero-width space.
BLANKS = " \t\r\n\v\f\u00a0\u3000\ufeff\u200b"
# Ways of writing "nothing" in exports.
MISSING = frozenset({"", "-", "--", "—", "/", "NULL", "null", "N/A", "#N/A", "\\N", "nan", "NaN", "None"})
# First cells of footers that sum the file up.
TOTAL_WORDS = frozenset({"合计", "总计", "小计", "汇总", "共计", "total", "grand total", "sum", "totals"})

_FORMULA_GUARD = re.compile(r'^="(.*)"$', re.DOTALL)
_FLOAT_TAIL = re.compile(r"^(\d+)\.0+$")
_SCIENTIFIC = re.compile(r"^\d(?:\.\d+)?[eE]\+\d+$")


def clean_text(cell: str) -> str | None:
    """The text without invisible blanks at its ends; None for every way of writing nothing."""
    text = cell.strip(BLANKS)
    return None if text in MISSING else text


def clean_id(cell: str) -> str | None:
    """An identifier as text: guards (TAB, ="…", ') and a spreadsheet's ".0" removed, full-width digits made plain.

    BadValue for scientific notation: its last digits are gone, and a wrong number would join strangers.
    """
    text = clean_text(cell)
    if text is None:
        return None
    guarded = _FORMULA_GUARD.match(text)
    if guarded:
        text = guarded.group(1).replace('""', '"').strip(BLANKS)
    text = unicodedata.normalize("NFKC", text.lstrip("'")).strip(BLANKS)
    if _SCIENTIFIC.match(text):
        raise BadValue(Reason.DAMAGED_NUMBER)
    tail = _FLOAT_TAIL.match(text)
    if tail:
        text = tail.group(1)
    return None if text in MISSING else text


def is_total(cell: str) -> bool:
    """Whether a first cell starts a footer such as 合计 or "Total:"."""
    return cell.strip(BLANKS).rstrip(":：").strip().lower() in TOTAL_WORDS

"""Money and quantities as people write them, into exact integers. Binary floats never appear."""

from __future__ import annotations

import re
import unicodedata

from siyu.ingest.rules.reasons import BadValue, Reason
from siyu.ingest.rules.texts import clean_text

# Prices carry up to six decimals (formula cells); integers of 10^-6 major units hold them exactly.
MICRO = 1_000_000
MICRO_PER_FEN = MICRO // 100
# Decimals kept of a longer number. Spreadsheet formulas give fifteen digits; six are far below a fen per line.
MAX_DECIMALS = 6
# Ten billion in major units: more is a wrong column (an id or a phone number), and integers stay below 64 bits.
MAX_MICRO = 10_000_000_000 * MICRO
# Pieces in one line. More is a wrong column.
MAX_QUANTITY = 10_000_000

_SYMBOLS = re.compile(r"^(?:¥|\$|£|€|CNY|RMB|人民币)\s*|\s*(?:元|CNY|RMB)$", re.IGNORECASE)
_PLAIN = re.compile(r"^(\d+)(?:\.(\d*))?$|^\.(\d+)$")
_COMMA_THOUSANDS = re.compile(r"^\d{1,3}(?:,\d{3})+(?:\.\d+)?$")
_POINT_THOUSANDS = re.compile(r"^\d{1,3}(?:\.\d{3})+,\d{1,2}$")
_SPACE_THOUSANDS = re.compile(r"^\d{1,3}(?: \d{3})+(?:[.,]\d{1,2})?$")
_COMMA_DECIMALS = re.compile(r"^\d+,\d+$")


def parse_micro(cell: str) -> int | None:
    """An amount in 10^-6 major units (``"¥1,234.50"`` → 1_234_500_000); None if the cell is empty.

    Currency signs, unambiguous thousands separators, a sign or parentheses for minus and full-width characters are
    understood. BadValue otherwise, in particular for ``1234,5``, which may mean two things.
    """
    text = clean_text(cell)
    if text is None:
        return None
    text = unicodedata.normalize("NFKC", text).replace("−", "-").replace("\u3000", " ").strip()
    negative, text = _signed(text)
    digits = _plain_digits(text)
    match = _PLAIN.match(digits)
    if match is None:
        raise BadValue(Reason.BAD_MONEY)
    micro = _micro(match.group(1) or "0", match.group(2) or match.group(3) or "")
    if micro > MAX_MICRO:
        raise BadValue(Reason.AMOUNT_TOO_LARGE)
    return -micro if negative else micro


def _signed(text: str) -> tuple[bool, str]:
    """Sign and the rest; one sign stands before or after the currency sign, parentheses mean minus."""
    if text.startswith("(") and text.endswith(")"):
        return True, _SYMBOLS.sub("", text[1:-1].strip()).strip()
    sign = text[:1] if text[:1] in ("-", "+") else ""
    text = _SYMBOLS.sub("", text[len(sign) :].strip()).strip()
    if not sign and text[:1] in ("-", "+"):
        sign, text = text[0], text[1:].strip()
    return sign == "-", text


def _plain_digits(text: str) -> str:
    """Digits with a decimal point, thousands separators removed where they can mean nothing else."""
    if _COMMA_THOUSANDS.match(text):
        return text.replace(",", "")
    if _POINT_THOUSANDS.match(text):
        return text.replace(".", "").replace(",", ".")
    if _SPACE_THOUSANDS.match(text):
        return text.replace(" ", "").replace(",", ".")
    if _COMMA_DECIMALS.match(text):
        raise BadValue(Reason.AMBIGUOUS_MONEY)
    return text


def _micro(whole: str, fraction: str) -> int:
    kept, rest = fraction[:MAX_DECIMALS].ljust(MAX_DECIMALS, "0"), fraction[MAX_DECIMALS:]
    return int(whole) * MICRO + int(kept) + (1 if rest[:1] >= "5" else 0)


def fen_from_micro(micro: int) -> int:
    """Rounds half away from zero to fen, as `kernel.money` does (``2.555`` → 256)."""
    sign = -1 if micro < 0 else 1
    return sign * ((abs(micro) + MICRO_PER_FEN // 2) // MICRO_PER_FEN)


def parse_quantity(cell: str) -> int | None:
    """A whole number of pieces; None if the cell is empty, BadValue for fractions and nonsense."""
    try:
        micro = parse_micro(cell)
    except BadValue as error:
        raise BadValue(Reason.BAD_QUANTITY) from error
    if micro is None:
        return None
    if micro % MICRO:
        raise BadValue(Reason.FRACTION_QUANTITY)
    if abs(micro) > MAX_QUANTITY * MICRO:
        raise BadValue(Reason.BAD_QUANTITY)
    return micro // MICRO

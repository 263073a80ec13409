"""Phone numbers into E.164; masked ones are worth nothing for matching or consent."""

from __future__ import annotations

import re

import phonenumbers

from siyu.ingest.rules.reasons import BadValue
from siyu.ingest.rules.texts import clean_id

# Numbers without a country code belong to this country.
HOME_REGION = "CN"

_MASK = re.compile(r"[*＊xX#]{2,}")


def is_masked(cell: str) -> bool:
    """Whether a shop platform has hidden digits (``138****0000``)."""
    return _MASK.search(cell) is not None


def parse_phone(cell: str) -> str | None:
    """E.164, or None for a cell that holds no usable number: an order is still an order without one."""
    if is_masked(cell):
        return None
    try:
        text = clean_id(cell)
        number = phonenumbers.parse(text, HOME_REGION) if text else None
    except (BadValue, phonenumbers.NumberParseException):
        return None
    if number is None or not phonenumbers.is_valid_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)

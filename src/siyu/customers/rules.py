"""Pure decisions of `customers`."""

from __future__ import annotations

import re

_CHINA = re.compile(r"\+86(\d{3})\d{4}(\d{4})")


def mask_phone(phone: str) -> str:
    """``+8613812341234`` → ``138****1234``; foreign numbers keep their first four and last two characters."""
    china = _CHINA.fullmatch(phone)
    if china:
        return f"{china[1]}****{china[2]}"
    return f"{phone[:4]}****{phone[-2:]}" if len(phone) > 6 else "****"

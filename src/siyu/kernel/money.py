"""Money is integer minor units (`*_fen`) of the company's currency; decimals exist only at the edges."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

MINOR_PER_MAJOR = 100


def fen_from_decimal(amount: Decimal | str) -> int:
    """Major units to minor units, rounded half away from zero (``"2.555"`` → 256). ValueError if not a number."""
    try:
        value = Decimal(amount)
    except InvalidOperation as error:
        raise ValueError(f"not an amount: {amount!r}") from error
    if not value.is_finite():
        raise ValueError(f"not an amount: {amount!r}")
    return int((value * MINOR_PER_MAJOR).quantize(Decimal(1), rounding=ROUND_HALF_UP))


def decimal_from_fen(amount_fen: int) -> Decimal:
    """Minor units to major units with two places (256 → ``Decimal("2.56")``)."""
    return Decimal(amount_fen).scaleb(-2)


def format_fen(amount_fen: int, symbol: str = "¥") -> str:
    """For people: ``¥1,234.50``, with a true minus sign."""
    sign = "−" if amount_fen < 0 else ""
    return f"{sign}{symbol}{abs(decimal_from_fen(amount_fen)):,.2f}"

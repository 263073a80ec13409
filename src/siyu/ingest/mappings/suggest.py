"""Proposes a mapping for a file from its headers and a few rows; a person confirms it on the mapping page."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from collections.abc import Mapping as AnyMapping
from difflib import SequenceMatcher
from zoneinfo import ZoneInfo

from siyu.ingest.contracts import ColumnGuess, DateStyle, Field, Mapping, Suggestion
from siyu.ingest.mappings import synonyms
from siyu.ingest.mappings.builtin import ONLINE_RETAIL
from siyu.ingest.rules import moments, money, phones
from siyu.ingest.rules.headers import header_key
from siyu.ingest.rules.reasons import BadValue

# Below this similarity of names a proposal would be wrong more often than right.
MIN_SIMILARITY = 0.72
# A column whose cells do not read as the field's kind keeps this share of its confidence.
MISFIT_FACTOR = 0.4

_Target = tuple[Field | None, str | None]


def suggest_mapping(headers: Sequence[str], sample: Sequence[Sequence[str]], zone: ZoneInfo) -> Suggestion:
    """The mapping that fits best: names first, cells as the check. Each field and attribute is proposed once."""
    if {header_key(name) for name in ("InvoiceNo", "StockCode", "InvoiceDate")} <= {
        header_key(name) for name in headers
    }:
        return _known_mapping(headers, ONLINE_RETAIL)
    cells = [[row[place] for row in sample if place < len(row) and row[place]] for place in range(len(headers))]
    ranked = sorted(
        (
            (score * _fit(target[0], cells[place], zone), -place, target)
            for place, header in enumerate(headers)
            for target, score in _candidates(header)
        ),
        key=lambda guess: guess[:2],
        reverse=True,
    )
    taken: dict[int, tuple[_Target, float]] = {}
    for score, negative_place, target in ranked:
        if -negative_place not in taken and target not in (used for used, _ in taken.values()):
            taken[-negative_place] = (target, score)
    guesses = tuple(_guess(header, *taken.get(place, ((None, None), 0.0))) for place, header in enumerate(headers))
    return Suggestion(_mapping_of(guesses), guesses)


def _known_mapping(headers: Sequence[str], mapping: Mapping) -> Suggestion:
    targets: dict[str, _Target] = {}
    for field, names in mapping.columns.items():
        targets.update({header_key(name): (field, None) for name in names})
    for attribute, names in mapping.attributes.items():
        targets.update({header_key(name): (None, attribute) for name in names})
    guesses = []
    for header in headers:
        target = targets.get(header_key(header), (None, None))
        guesses.append(_guess(header, target, 1.0 if any(target) else 0.0))
    return Suggestion(mapping, tuple(guesses))


def _candidates(header: str) -> list[tuple[_Target, float]]:
    key = header_key(header)
    found: list[tuple[_Target, float]] = []
    for field, names in synonyms.FIELDS.items():
        found.append(((field, None), _similarity(key, names)))
    for attribute, names in synonyms.ATTRIBUTES.items():
        found.append(((None, attribute), _similarity(key, names)))
    return [(target, score) for target, score in found if score >= MIN_SIMILARITY]


def _similarity(key: str, names: Sequence[str]) -> float:
    """1 for the preferred synonym, a little less down the list, the likeness of letters otherwise."""
    keys = [header_key(name) for name in names]
    if key in keys:
        return 1.0 - 0.005 * keys.index(key)
    return 0.9 * max(SequenceMatcher(None, key, name).ratio() for name in keys)


def _fit(field: Field | None, cells: Sequence[str], zone: ZoneInfo) -> float:
    """1 if most cells read as the field's kind, MISFIT_FACTOR otherwise."""
    reads = _readers(zone).get(field) if field else None
    if reads is None or not cells:
        return 1.0
    good = sum(1 for text in cells if reads(text))
    return 1.0 if good * 2 >= len(cells) else MISFIT_FACTOR


def _readers(zone: ZoneInfo) -> AnyMapping[Field, Callable[[str], bool]]:
    def is_time(text: str) -> bool:
        return moments.is_undecided(text) or _reads(lambda: moments.parse_millis(text, DateStyle.AUTO, zone))

    def is_money(text: str) -> bool:
        return _reads(lambda: money.parse_micro(text))

    return {
        Field.PAID_AT: is_time,
        Field.AMOUNT: is_money,
        Field.UNIT_PRICE: is_money,
        Field.REFUND_AMOUNT: is_money,
        Field.QUANTITY: lambda text: _reads(lambda: money.parse_quantity(text)),
        Field.PHONE: lambda text: phones.is_masked(text) or phones.parse_phone(text) is not None,
    }


def _reads(read: Callable[[], object]) -> bool:
    try:
        read()
    except BadValue:
        return False
    return True


def _guess(header: str, target: _Target, confidence: float) -> ColumnGuess:
    return ColumnGuess(header, target[0], target[1], round(confidence, 2))


def _mapping_of(guesses: Sequence[ColumnGuess]) -> Mapping:
    return Mapping(
        name="suggested",
        columns={guess.field: (guess.header,) for guess in guesses if guess.field},
        attributes={guess.attribute: (guess.header,) for guess in guesses if guess.attribute},
    )

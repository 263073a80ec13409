"""Limits of rules, each with its unit and its reason."""

from __future__ import annotations

# Conditions in one rule. Each is a query of its own; fifty keep a cold count below a second at 1 M customers.
MAX_LEAVES = 50
# Groups within groups. Nobody can read more, and screens indent each.
MAX_DEPTH = 5
# Values of one list (``in``). Longer lists are a file to import as an attribute.
MAX_LIST_VALUES = 500
# Characters of one text value and of an attribute's name.
MAX_TEXT_CHARS = 200
# Days. A century; beyond that the warehouse's calendar ends.
MAX_DAYS = 36_500
# Orders and fen: far beyond any person, far inside 64 bits.
MAX_COUNT = 1_000_000
MAX_FEN = 10**15
# Years that the warehouse's calendar and every zone agree on.
FIRST_YEAR, LAST_YEAR = 1970, 2200

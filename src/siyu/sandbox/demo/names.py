"""Names of invented people, from the lists of Faker's zh_CN provider with their frequencies."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np
from faker.providers.person.zh_CN import Provider

# Of 100 given names, those of two characters put together from two names of one.
DOUBLE_SHARE = 0.45
MALE, FEMALE = "男", "女"


def make_names(chance: np.random.Generator, genders: Sequence[str]) -> list[str]:
    """One full name per gender."""
    count = len(genders)
    surnames, shares = _surnames()
    family = chance.choice(len(surnames), size=count, p=shares).tolist()
    first, second = (chance.integers(0, 1 << 31, size=count).tolist() for _ in range(2))
    double = (chance.random(count) < DOUBLE_SHARE).tolist()
    given = {gender: _given(gender) for gender in (MALE, FEMALE)}
    single = {gender: [name for name in names if len(name) == 1] for gender, names in given.items()}
    return [
        surnames[family[place]]
        + (
            _joined(single[gender], first[place], second[place])
            if double[place]
            else given[gender][first[place] % len(given[gender])]
        )
        for place, gender in enumerate(genders)
    ]


def _joined(names: Sequence[str], first: int, second: int) -> str:
    """Two different characters."""
    place = first % len(names)
    return names[place] + names[(place + 1 + second % (len(names) - 1)) % len(names)]


@cache
def _surnames() -> tuple[list[str], np.ndarray]:
    weights = np.array(list(Provider.last_names.values()))
    return list(Provider.last_names), weights / weights.sum()


@cache
def _given(gender: str) -> list[str]:
    return list(Provider.first_names_male if gender == MALE else Provider.first_names_female)

"""How large a brand is made, from which seed, and up to which day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np

ZONE = ZoneInfo("Asia/Shanghai")
YEAR_DAYS = 365
DEFAULT_SEED = 20_240_607
DEFAULT_CUSTOMERS = 24_000
# Mean orders of one customer in the year, over loyal ones and those who came once.
DEFAULT_ORDERS_PER_CUSTOMER = 4.2
# Customers that are made at once: some 200 MB of orders and lines.
BLOCK_CUSTOMERS = 50_000


@dataclass(frozen=True)
class Size:
    """Everything that the brand follows from. The year ends with the day `until`."""

    until: date
    customers: int = DEFAULT_CUSTOMERS
    seed: int = DEFAULT_SEED
    orders_per_customer: float = DEFAULT_ORDERS_PER_CUSTOMER

    @property
    def first_day(self) -> date:
        return self.until - timedelta(days=YEAR_DAYS - 1)

    @property
    def first_millis(self) -> int:
        """The first instant of the year, as Unix milliseconds."""
        start = datetime.combine(self.first_day, time.min, ZONE)
        return round((start - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds()) * 1_000

    @property
    def blocks(self) -> range:
        return range(-(-self.customers // BLOCK_CUSTOMERS))

    def ids(self, block: int) -> range:
        """The numbers of a block's customers; the first customer is 1."""
        first = block * BLOCK_CUSTOMERS + 1
        return range(first, min(first + BLOCK_CUSTOMERS, self.customers + 1))

    def chance(self, *about: int) -> np.random.Generator:
        """Chance of its own for every part of the brand, always the same for the same."""
        return np.random.default_rng([self.seed, *about])

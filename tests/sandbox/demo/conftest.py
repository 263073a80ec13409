"""A brand of this folder's tests, made once."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl
import pytest

from siyu.sandbox.demo.customers import make_customers
from siyu.sandbox.demo.generate import DemoFiles, generate
from siyu.sandbox.demo.orders import Trade, make_trade
from siyu.sandbox.demo.size import Size

UNTIL = date(2026, 3, 1)
COUNT = 3_000


@pytest.fixture(scope="session")
def size() -> Size:
    return Size(UNTIL, COUNT)


@pytest.fixture(scope="session")
def customers(size: Size) -> pl.DataFrame:
    return make_customers(size, 0)


@pytest.fixture(scope="session")
def trade(size: Size, customers: pl.DataFrame) -> Trade:
    return make_trade(size, 0, customers)


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("brand")


@pytest.fixture(scope="session")
def made(folder: Path) -> DemoFiles:
    return generate(folder, customers=COUNT, until=UNTIL)

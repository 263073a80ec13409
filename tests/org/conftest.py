"""The chain as a fixture."""

from __future__ import annotations

import pytest
from tests.support.organisation import Chain


@pytest.fixture
def chain(db: None) -> Chain:
    return Chain.make()

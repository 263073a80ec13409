"""The business calendar over the API."""

from __future__ import annotations

import pytest
from tests.api.conftest import Caller

from siyu.org import queries

pytestmark = pytest.mark.django_db


def test_days_hours_and_whether_a_place_is_open(api: Caller) -> None:
    place = queries.root().id
    days = api.get(f"/api/v1/calendar/{place}/months/2026/10").json()["items"]
    assert [day["is_workday"] for day in days if day["day"] in ("2026-10-01", "2026-10-10")] == [False, True]
    assert api.get(f"/api/v1/calendar/{place}/months/2026/13").status_code == 422
    hours = api.send("put", f"/calendar/{place}/hours", {"week": ["10:00-22:00"] * 7}).json()
    assert (hours["week"][6], hours["version"]) == ("10:00–22:00", 1)
    assert api.send("put", f"/calendar/{place}/hours", {"week": ["late"] * 7, "version": 1}).status_code == 422
    own = api.send("put", f"/calendar/{place}/days", {"day": "2026-10-20", "kind": "closed"}).json()
    url = f"/api/v1/calendar/{place}/open"
    assert api.get(url, {"at": "2026-10-20T11:00:00+08:00"}).json() == {
        "is_open": False, "next_open": "2026-10-21T02:00:00Z", "is_certain": True,
    }  # fmt: skip
    assert api.get(url, {"at": "2026-10-20T11:00:00"}).status_code == 422
    assert api.send("delete", f"/calendar/days/{own['id']}").status_code == 204
    assert api.get(url, {"at": "2026-10-20T11:00:00+08:00"}).json()["is_open"]

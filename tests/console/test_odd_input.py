"""No address of the console crashes, whatever stands in it: the answer is a page, a refusal in words, or a redirect."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import cycle

import pytest
from django.test import Client
from django.urls import reverse
from tests.support.pages import addresses

from siyu.audiences import services as audience_services
from siyu.kernel.paging import encode_cursor
from siyu.org.contracts import SYSTEM

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.whole, pytest.mark.sweep]
HUGE = "9" * 30
CURSORS = (
    "x",
    encode_cursor("x"),
    encode_cursor(None),
    encode_cursor([1]),
    encode_cursor(10**30),
    encode_cursor("x", "y"),
    encode_cursor(None, None),
    encode_cursor({}, 1),
    encode_cursor(10**30, 10**30),
)
TEXTS = ("", "\0", "%", "'\"--", "<script>", "１２", "²", "-1", "0", HUGE, "x" * 5_000, "1" * 11)
VALUES: dict[str, tuple[str, ...]] = {
    "cursor": CURSORS,
    "before": TEXTS,
    "q": TEXTS,
    "sort": (*TEXTS, "net_sales"),
    "day": (*TEXTS, "0001-01-01", "9999-12-31", "2026-02-30"),
    "window": TEXTS,
    "r": (*TEXTS, "12", "6"),
    "segment": TEXTS,
    "days": TEXTS,
    "until": (*TEXTS, "0001-01-01", "9999-12-31"),
    "state": TEXTS,
    "mapping": TEXTS,
    "audience": TEXTS,
    "shown": TEXTS,
}


@pytest.fixture
def strict(browser: Client) -> Client:
    """Alice's browser, which sees a crash as an answer 500 instead of an exception."""
    browser.raise_request_exception = False
    return browser


def test_no_page_crashes_on_odd_parameters(
    strict: Client, buyers: Callable[[int], list[int]], shipped: Callable[[], None]
) -> None:
    buyers(3)
    shipped()
    audience_services.create_audience(
        viewer=SYSTEM, name="Buyers", rule={"all": [{"leaf": "order_count", "op": ">=", "value": 1}]}
    )
    crashed = []
    for name, path in addresses():
        for parameters in _asked() if name != "sign-in" else ():
            # The frame around a page reads none of them.
            response = strict.get(path, parameters, headers={"HX-Request": "true"})
            response.close()
            if response.status_code >= 500:
                crashed.append((name, {key: value[:40] for key, value in parameters.items()}))
            if response.status_code in (405, 404) or (response.status_code == 200 and "cursor" in parameters):
                break
    assert crashed == []


def _asked() -> Iterator[dict[str, str]]:
    """Every value of every parameter at least once: all parameters together, and cursors beside a sort each.

    The first cursor is a bad one: a page that shows something for it reads none.
    """
    for place in range(max(map(len, VALUES.values()))):
        yield {name: values[place % len(values)] for name, values in VALUES.items() if name not in ("cursor", "sort")}
    for cursor, sort in zip(CURSORS, cycle(("", "last_order", "orders"))):
        yield {"cursor": cursor, "sort": sort}


FIELDS = ("version", "window", "r", "document", "text", "change", "next", "language", "name", "day", "people", "show")
ODD = (*TEXTS, "[]", "{}", '{"all": 1}', '{"all": [1]}', '{"all": [{"leaf": []}]}', "remove:all.9", "group:zzz")


def test_no_form_crashes_on_odd_values(strict: Client) -> None:
    audience_id = audience_services.create_audience(
        viewer=SYSTEM, name="Buyers", rule={"all": [{"leaf": "order_count", "op": ">=", "value": 1}]}
    )
    crashed = []
    for name, path in [*addresses(), ("audience-save", reverse("audience-save", args=[audience_id]))]:
        for number in range(len(ODD)):
            # Each field has each value once; a form that has a text of its own reads it every other time.
            body = {field: ODD[(number + place) % len(ODD)] for place, field in enumerate(FIELDS)}
            body |= {"form": "text"} if number % 2 else {}
            response = strict.post(path, body)
            if response.status_code >= 500:
                crashed.append((name, body))
            if response.status_code in (405, 404):
                break
    assert crashed == []

"""Simulated customers: their rates are the planted ones, their rounds survive a restart, their clicks stay at home."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.support.sandbox import (
    CODE,
    NOTICE,
    PROMOTION,
    TEMPLATES,
    Caller,
    HeldClock,
    Receiver,
    TemplateSeed,
    configure,
    hang_up,
    write_people,
)

from siyu.sandbox.config import Planted
from siyu.sandbox.http import Request, Response, json_response
from siyu.sandbox.people import link_in
from siyu.sandbox.server import Sandbox


@pytest.fixture
def setup(tmp_path: Path, receiver: Receiver, caller: Caller) -> Callable[..., None]:
    """Writes settings whose promotion links to the receiver, with that many people."""

    def configure_people(count: int, **changes: Any) -> None:
        content = "${name}您好，点 " + receiver.url("/s/") + "${token} 领券，拒收请回复R"
        values = {
            "templates": (*TEMPLATES[:2], TemplateSeed(PROMOTION, "召回", "promotion", content)),
            "people_file": str(write_people(tmp_path / "people.json", count)),
            "order_hook_url": receiver.url("/v1/orders"),
            "write_key": "key-1",
            "round_seconds": 0.0,
            "posts_per_second": 1e6,
        }
        configure(tmp_path, **(values | changes))

    return configure_people


def _reach(caller: Caller, sandbox: Sandbox, numbers: range) -> None:
    """Sends each of these persons a message with a link of their own and lets it arrive."""
    people = list(numbers)
    for start in range(0, len(people), 100):
        part = people[start : start + 100]
        params = json.dumps([{"name": "李", "token": f"t{number}"} for number in part])
        answer = caller.batch([f"139{n:08d}" for n in part], PROMOTION, TemplateParamJson=params)
        assert answer["Code"] == "OK"
    sandbox.courier.step()


def _orders(receiver: Receiver) -> list[dict[str, Any]]:
    return [order for body in receiver.bodies("/v1/orders") for order in body["orders"]]


def _buyers(receiver: Receiver) -> set[int]:
    return {int(order["member_no"].removeprefix("VIP")) for order in _orders(receiver)}


def test_a_person_reached_clicks_and_buys(
    setup: Callable[..., None], caller: Caller, sandbox: Sandbox, receiver: Receiver, clock: HeldClock
) -> None:
    setup(2)
    _reach(caller, sandbox, range(1, 2))
    sandbox.people.start_round("test")
    sandbox.people.step()
    assert receiver.paths() == ["/s/t1", "/v1/orders"]
    click, post = receiver.requests
    assert (click.method, "Mobile" in click.headers["user-agent"]) == ("GET", True)
    assert post.headers["authorization"] == "Bearer key-1"
    (order,) = _orders(receiver)
    lines = order.pop("lines")
    assert order == {
        "shop": "main",
        "order_no": "SB260302100000001000001",
        "member_no": "VIP1",
        "phone": "13900000001",
        "name": "客户1",
        "paid_at": "2026-03-02T10:00:00+08:00",
    }
    assert set(lines[0]) == {"sku", "title", "quantity", "unit_price", "amount"}
    fen = {"39.80": 3980, "32.90": 3290}
    for line in lines:
        total = fen[line["unit_price"]] * line["quantity"]
        assert line["amount"] == f"{total // 100}.{total % 100:02d}"


def test_planted_rates_are_found(
    setup: Callable[..., None], caller: Caller, sandbox: Sandbox, receiver: Receiver
) -> None:
    """With 1,500 and 1,500 people the shares lie within three standard errors of what is planted."""
    setup(3000, seed=11, planted=Planted(click_rate=0.3, base_rate=0.05, lift=0.1, dead_share=0, failed_share=0))
    _reach(caller, sandbox, range(1, 1501))
    sandbox.people.start_round("test")
    sandbox.people.step()
    clicks = [path for path in receiver.paths() if path.startswith("/s/")]
    treated = {person for person in _buyers(receiver) if person <= 1500}
    assert len(clicks) == len(set(clicks))
    assert len(clicks) / 1500 == pytest.approx(0.30, abs=3 * (0.3 * 0.7 / 1500) ** 0.5)
    assert len(treated) / 1500 == pytest.approx(0.15, abs=3 * (0.15 * 0.85 / 1500) ** 0.5)
    others = _buyers(receiver) - treated
    assert len(others) / 1500 == pytest.approx(0.05, abs=3 * (0.05 * 0.95 / 1500) ** 0.5)


def test_the_same_seed_makes_the_same_people(
    setup: Callable[..., None], tmp_path: Path, clock: HeldClock, receiver: Receiver
) -> None:
    setup(400, seed=3, planted=Planted(base_rate=0.2))
    baskets = []
    for folder in ("one", "two"):
        home = tmp_path / folder
        (home / "sandbox").mkdir(parents=True)
        (home / "sandbox" / "config.json").write_bytes((tmp_path / "sandbox" / "config.json").read_bytes())
        sandbox = Sandbox(home, clock=clock)
        sandbox.start(background=False)
        sandbox.people.start_round("test")
        sandbox.people.step()
        sandbox.stop()
        baskets.append(_orders(receiver))
        receiver.requests.clear()
    assert 40 <= len(baskets[0]) <= 130
    assert baskets[0] == baskets[1]


def test_another_round_is_another_decision(
    setup: Callable[..., None], sandbox: Sandbox, receiver: Receiver
) -> None:
    setup(300, planted=Planted(base_rate=0.3))
    rounds = []
    for _ in range(2):
        sandbox.people.start_round("test")
        sandbox.people.step()
        rounds.append(_buyers(receiver))
        receiver.requests.clear()
    assert rounds[0] != rounds[1]
    assert rounds[0] & rounds[1]


def test_a_message_counts_in_one_round_only(
    setup: Callable[..., None], caller: Caller, sandbox: Sandbox, receiver: Receiver
) -> None:
    setup(5)
    _reach(caller, sandbox, range(1, 4))
    for _ in range(2):
        sandbox.people.start_round("test")
        sandbox.people.step()
    assert _buyers(receiver) == {1, 2, 3}
    assert len(_orders(receiver)) == 3


def test_a_round_begins_by_itself_when_it_is_quiet(
    setup: Callable[..., None], caller: Caller, sandbox: Sandbox, receiver: Receiver, clock: HeldClock
) -> None:
    setup(3, quiet_seconds=3.0)
    _reach(caller, sandbox, range(1, 3))
    sandbox.people.step()
    clock.forward(seconds=2.9)
    sandbox.people.step()
    assert receiver.paths() == []
    clock.forward(seconds=0.1)
    sandbox.people.step()
    assert _buyers(receiver) == {1, 2}
    clock.forward(hours=1)
    sandbox.people.step()
    (round_,) = caller.control("GET", "/control/rounds")["rounds"]
    assert (round_["cause"], round_["people"], round_["reached"]) == ("quiet", 3, 2)
    assert (round_["acts"], round_["states"]) == ({"buy": 2, "click": 2}, {"done": 4})


def test_no_round_while_messages_are_on_their_way(
    setup: Callable[..., None], caller: Caller, sandbox: Sandbox, receiver: Receiver, clock: HeldClock
) -> None:
    setup(3)
    _reach(caller, sandbox, range(1, 2))
    caller.send("13900000002", PROMOTION)
    clock.forward(seconds=10)
    sandbox.people.step()
    assert receiver.paths() == []
    sandbox.courier.step()
    clock.forward(seconds=3)
    sandbox.people.step()
    assert _buyers(receiver) == {1, 2}


@pytest.mark.parametrize("template", [CODE, NOTICE])
def test_only_a_link_is_clicked_and_a_code_makes_nobody_buy(
    setup: Callable[..., None], caller: Caller, sandbox: Sandbox, receiver: Receiver, clock: HeldClock, template: str
) -> None:
    setup(1)
    caller.send("13900000001", template)
    sandbox.courier.step()
    clock.forward(seconds=10)
    sandbox.people.step()
    assert receiver.paths() == ([] if template == CODE else ["/v1/orders"])


def test_acts_are_spread_over_the_round(
    setup: Callable[..., None], caller: Caller, sandbox: Sandbox, receiver: Receiver, clock: HeldClock
) -> None:
    setup(50, round_seconds=10.0)
    _reach(caller, sandbox, range(1, 51))
    sandbox.people.start_round("test")
    assert 0 < (sandbox.people.step() or 0) < 5
    clock.forward(seconds=5)
    sandbox.people.step()
    assert len(receiver.paths()) == 50
    clock.forward(seconds=5)
    assert sandbox.people.step() is None
    assert len(_buyers(receiver)) == 50


def test_a_restart_in_the_middle_doubles_nothing(
    setup: Callable[..., None], caller: Caller, sandbox: Sandbox, receiver: Receiver, clock: HeldClock, tmp_path: Path
) -> None:
    """The hook takes the orders, but the sandbox ends before it hears of it: the same numbers come again."""
    setup(120)
    _reach(caller, sandbox, range(1, 121))
    receiver.answers["/v1/orders"] = hang_up
    sandbox.people.start_round("test")
    sandbox.people.step()
    first = {order["order_no"]: order for order in _orders(receiver)}
    clicks = len(receiver.paths()) - len(receiver.bodies("/v1/orders"))
    receiver.requests.clear()
    del receiver.answers["/v1/orders"]
    clock.forward(seconds=1)
    again = Sandbox(tmp_path, clock=clock)
    again.start(background=False)
    again.people.step()
    again.stop()
    second = {order["order_no"]: order for order in _orders(receiver)}
    assert (len(first), clicks) == (120, 120)
    assert second == first
    assert set(receiver.paths()) == {"/v1/orders"}
    assert len(_orders(receiver)) == 120


def test_a_refused_order_is_given_up_and_an_overload_is_not(
    setup: Callable[..., None], caller: Caller, sandbox: Sandbox, receiver: Receiver, clock: HeldClock
) -> None:
    setup(1)
    for status, state, waits in ((401, "failed", None), (503, "pending", 1.0)):
        receiver.answers["/v1/orders"] = lambda _, status=status: json_response(status, {"error": "no"})
        _reach(caller, sandbox, range(1, 2))
        number = sandbox.people.start_round("test")
        assert sandbox.people.step() == waits
        (act,) = caller.control("GET", "/control/acts", round=str(number), kind="buy")["acts"]
        assert (act["state"], act["result"][:3]) == (state, str(status))


def test_an_order_hook_that_stays_away_ends_as_failed(
    setup: Callable[..., None], sandbox: Sandbox, receiver: Receiver, caller: Caller, clock: HeldClock
) -> None:
    setup(1, planted=Planted(base_rate=1))
    receiver.answers["/v1/orders"] = hang_up
    sandbox.people.start_round("test")
    tries = 0
    while (wait := sandbox.people.step()) is not None:
        tries += 1
        clock.forward(seconds=wait)
    assert tries == 7
    (round_,) = caller.control("GET", "/control/rounds")["rounds"]
    assert (round_["states"], round_["finished_at"] is not None) == ({"failed": 1}, True)


@pytest.fixture
def elsewhere() -> Iterator[Receiver]:
    receiver = Receiver()
    yield receiver
    receiver.stop()


def _redirect(location: str) -> Callable[[Request], Response]:
    def answer(_: Request) -> Response:
        return _Redirect(302, b"", location=location)

    return answer


class _Redirect(Response):
    """An answer with a Location, which the sandbox's own server never gives."""

    def __init__(self, status: int, body: bytes, *, location: str) -> None:
        super().__init__(status, body, f"text/plain\r\nLocation: {location}")


def test_a_redirect_is_followed_at_home_and_not_abroad(
    setup: Callable[..., None], caller: Caller, sandbox: Sandbox, receiver: Receiver, elsewhere: Receiver
) -> None:
    setup(2)
    receiver.answers["/s/t1"] = _redirect(elsewhere.url("/landing"))
    receiver.answers["/s/t2"] = _redirect("https://shop.example.com/landing")
    _reach(caller, sandbox, range(1, 3))
    sandbox.people.start_round("test")
    sandbox.people.step()
    assert elsewhere.paths() == ["/landing"]
    acts = caller.control("GET", "/control/acts", kind="click")["acts"]
    assert [(act["state"], act["result"][:3]) for act in acts] == [("done", "200"), ("done", "302")]


def test_a_link_abroad_is_not_opened(
    setup: Callable[..., None], caller: Caller, sandbox: Sandbox, receiver: Receiver
) -> None:
    abroad = TemplateSeed(PROMOTION, "召回", "promotion", "点 http://shop.example.com/s/${token} ，拒收请回复R")
    setup(1, templates=(*TEMPLATES[:2], abroad))
    _reach(caller, sandbox, range(1, 2))
    sandbox.people.start_round("test")
    sandbox.people.step()
    (act,) = caller.control("GET", "/control/acts", kind="click")["acts"]
    assert (act["state"], act["result"]) == ("failed", "410 the link leaves this machine")


def test_people_refuse_at_their_rate(
    setup: Callable[..., None], caller: Caller, sandbox: Sandbox, receiver: Receiver
) -> None:
    setup(3, planted=Planted(click_rate=0, base_rate=0, lift=0, refuse_rate=1, dead_share=0, failed_share=0))
    _reach(caller, sandbox, range(1, 3))
    sandbox.people.start_round("test")
    sandbox.people.step()
    assert caller.send("13900000001", PROMOTION)["Code"] == "isv.CUSTOMER_REFUSED"
    assert caller.send("13900000003", PROMOTION)["Code"] == "OK"


def test_a_people_file_that_is_gone_is_named(
    setup: Callable[..., None], caller: Caller, sandbox: Sandbox
) -> None:
    setup(1, people_file="/nowhere/people.json")
    answer = caller.control("POST", "/control/rounds")
    assert answer["status"] == 400
    assert "/nowhere/people.json" in answer["error"]


@pytest.mark.parametrize(
    ("text", "link"),
    [
        ("点 http://a.cn/s/Ab3 领取，拒收请回复R", "http://a.cn/s/Ab3"),
        ("点https://a.cn/s/Ab3领取", "https://a.cn/s/Ab3"),
        ("see http://127.0.0.1:8701/s/x.", "http://127.0.0.1:8701/s/x"),
        ("没有链接", None),
    ],
)
def test_links_in_a_text(text: str, link: str | None) -> None:
    assert link_in(text) == link

"""Simulated customers: whoever a message reaches may click its link and buy, everybody else may buy anyway.

Time passes in rounds. A round begins by itself when messages have arrived and then none for a while, or on
request. In a round every person decides once, by the seed, the number of the round and the person: the
planted rates are therefore the truth that a measurement has to find. Decisions are written down before
anybody acts, so that a restarted sandbox goes on where it was: a click may then come twice, as in life, and
an order is posted again under the same number, for the receiver to recognise.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

import msgspec

from siyu.kernel.clock import from_millis, to_millis
from siyu.sandbox.aliyun.rules import ZONE
from siyu.sandbox.chance import generator, share
from siyu.sandbox.config import SandboxConfig
from siyu.sandbox.outgoing import Answer, Outgoing, is_loopback
from siyu.sandbox.store import Store

# Orders in one post to the brand's hook, acts taken up at a time, and hops of a redirect that a phone
# follows.
ORDER_BATCH = 50
ACT_BATCH = 200
MAX_HOPS = 3
# Seconds until the next try of an act that nobody answered; after the last one it has failed.
RETRY_SECONDS = (1, 2, 4, 8, 15, 30, 60)
_LINK = re.compile(r"https?://[\x21-\x7e]+", re.ASCII)
_USER_AGENT = "Mozilla/5.0 (Linux; Android 14; sandbox) AppleWebKit/537.36 Mobile Safari/537.36"


@dataclass(frozen=True)
class Product:
    """Something that people buy; the price in fen."""

    sku: str
    title: str
    price_fen: int


@dataclass(frozen=True)
class Person:
    """One simulated customer, as the brand knows them. Some have no phone, some no member number.

    ``shop`` is where member and order numbers belong to; it has to be that of the brand's import. ``store`` and
    ``guide`` are the codes of who looks after them.
    """

    id: int
    name: str
    phone: str
    member_no: str
    city: str
    shop: str
    store: str = ""
    guide: str = ""


@dataclass(frozen=True)
class PeopleFile:
    """The document that the demo's generator writes."""

    products: tuple[Product, ...]
    people: tuple[Person, ...]


def link_in(text: str) -> str | None:
    """The first link of a message, without the punctuation behind it."""
    found = _LINK.search(text)
    return found.group().rstrip(".,;!?)") if found else None


class People:
    """Decides rounds and carries them out. `step` does all that is due; it is meant for one thread."""

    def __init__(
        self,
        store: Store,
        config: Callable[[], SandboxConfig],
        clock: Callable[[], datetime],
        reply: Callable[[str, str], None],
    ) -> None:
        self._store = store
        self._config = config
        self._clock = clock
        self._reply = reply
        self._outgoing = Outgoing()
        self._file: tuple[str, int, PeopleFile] | None = None

    def step(self) -> float | None:
        """Begins a round if it is time and does the acts that are due. Returns seconds until more is, or
        None.
        """
        if self._is_quiet():
            self.start_round("quiet")
        while self._act():
            pass
        self._finish_rounds()
        next_ms = self._store.value("SELECT min(due_at_ms) FROM acts WHERE state = 'pending'")
        if next_ms is not None:
            return float(next_ms - to_millis(self._clock())) / 1000
        fresh = self._store.value(_LAST_FRESH)
        return None if fresh is None else self._config().quiet_seconds / 4

    def start_round(self, cause: str) -> int:
        """Lets everybody decide once and writes the decisions down; returns the number of the round.

        The messages that have arrived since the last round are what this round answers to.
        """
        crowd, config = self.load(), self._config()
        now_ms, span_ms = to_millis(self._clock()), config.round_seconds * 1000
        with self._store.transaction() as db:
            number = db.execute("SELECT coalesce(max(number), 0) + 1 FROM rounds").fetchone()[0]
            reached = dict(db.execute(_FRESH_TEXTS).fetchall())
            db.execute("UPDATE messages SET round = ? WHERE state = 'delivered' AND round IS NULL", (number,))
            acts = [
                (number, person.id, kind, reached_it, url, at_ms := now_ms + int(when * span_ms), at_ms)
                for person in crowd.people
                for kind, reached_it, url, when in _decide(config, number, person, reached.get(person.phone))
            ]
            db.execute(
                "INSERT INTO rounds VALUES (?, ?, NULL, ?, ?, ?)",
                (number, now_ms, cause, len(crowd.people), sum(p.phone in reached for p in crowd.people)),
            )
            db.executemany(_INSERT_ACT, acts)
        return int(number)

    def load(self) -> PeopleFile:
        """The people and products of the file that the settings name; nobody if there is none."""
        name = self._config().people_file
        if not name:
            return PeopleFile((), ())
        try:
            stamp = Path(name).stat().st_mtime_ns
            if self._file is None or self._file[:2] != (name, stamp):
                self._file = (name, stamp, msgspec.json.decode(Path(name).read_bytes(), type=PeopleFile))
        except OSError as error:
            raise ValueError(f"the people file cannot be read: {error}") from error
        return self._file[2]

    def stop(self) -> None:
        """Lets a running step end soon."""
        self._outgoing.stop()

    def close(self) -> None:
        self._outgoing.close()

    def _is_quiet(self) -> bool:
        """Whether messages have arrived, none is on its way, and none has arrived for a while."""
        last_ms = self._store.value(_LAST_FRESH)
        if last_ms is None or self._store.value("SELECT 1 FROM messages WHERE state = 'waiting' LIMIT 1"):
            return False
        return to_millis(self._clock()) - int(last_ms) >= self._config().quiet_seconds * 1000

    def _act(self) -> int:
        """Does one batch of due acts; returns how many there were."""
        rows = self._store.rows(_DUE_ACTS, (to_millis(self._clock()), ACT_BATCH))
        for row in rows:
            if row["kind"] == "click":
                self._settle([row], self._click(row["target"]))
            elif row["kind"] == "refuse":
                self._reply(row["target"], "R")
                self._settle([row], Answer(200, b""))
        orders = [row for row in rows if row["kind"] == "buy"]
        for start in range(0, len(orders), ORDER_BATCH):
            self._buy(orders[start : start + ORDER_BATCH])
        return len(rows)

    def _click(self, url: str) -> Answer:
        """Opens a link as a phone does, but never leaves this machine, whatever a text or a redirect says."""
        answer = Answer(0, b"no link")
        for _ in range(MAX_HOPS):
            if not self._may_open(url):
                return answer if answer.status else Answer(410, b"the link leaves this machine")
            self._outgoing.pace(self._config().posts_per_second)
            answer = self._outgoing.get(url, {"User-Agent": _USER_AGENT})
            if answer.status not in (301, 302, 303, 307, 308) or not answer.location:
                return answer
            url = urljoin(url, answer.location)
        return answer

    def _may_open(self, url: str) -> bool:
        host, config = urlsplit(url).hostname, self._config()
        own = {urlsplit(address).hostname for address in (config.sms_callback_url, config.order_hook_url)}
        return is_loopback(host) or (host is not None and host in own)

    def _buy(self, rows: Sequence[sqlite3.Row]) -> None:
        config = self._config()
        orders = self._orders(rows)
        if not config.order_hook_url or len(orders) < len(rows):
            self._settle(rows, Answer(410, b"no order hook is set, or the people file is another one now"))
            return
        self._outgoing.pace(config.posts_per_second)
        headers = {"Authorization": f"Bearer {config.write_key}"}
        self._settle(rows, self._outgoing.post_json(config.order_hook_url, {"orders": orders}, headers))

    def _orders(self, rows: Sequence[sqlite3.Row]) -> list[dict[str, Any]]:
        """The orders of these acts; fewer than acts when the file no longer holds a person."""
        crowd, seed = self.load(), self._config().seed
        people = {person.id: person for person in crowd.people}
        started = {
            round_["number"]: round_["started_at_ms"]
            for round_ in self._store.rows("SELECT number, started_at_ms FROM rounds")
        }
        return [
            order(
                seed=seed,
                number=row["round"],
                started_at_ms=started[row["round"]],
                person=people[row["person"]],
                products=crowd.products,
                paid_at_ms=row["planned_at_ms"],
            )
            for row in rows
            if row["person"] in people
        ]

    def _settle(self, rows: Sequence[sqlite3.Row], answer: Answer) -> None:
        """Writes down what came of acts. No answer, overload and server errors are tried again for a while.
        """
        now_ms = to_millis(self._clock())
        result = f"{answer.status} {answer.body[:200].decode('utf-8', 'replace')}".strip()
        updates = [(*_after_act(row["tries"] + 1, answer.status, now_ms), result, row["id"]) for row in rows]
        with self._store.transaction() as db:
            db.executemany("UPDATE acts SET state = ?, tries = ?, due_at_ms = ?, result = ? WHERE id = ?", updates)

    def _finish_rounds(self) -> None:
        if self._store.value("SELECT 1 FROM rounds WHERE finished_at_ms IS NULL LIMIT 1"):
            with self._store.transaction() as db:
                db.execute(_FINISH, (to_millis(self._clock()),))


# Messages that arrived and that no round has answered yet; verification codes make nobody buy.
_FRESH_TEXTS = """
SELECT phone, content FROM messages
WHERE state = 'delivered' AND round IS NULL AND kind <> 'verification' ORDER BY id
"""
_LAST_FRESH = (
    "SELECT max(reported_at_ms) FROM messages"
    " WHERE state = 'delivered' AND round IS NULL AND kind <> 'verification'"
)
_DUE_ACTS = "SELECT * FROM acts WHERE state = 'pending' AND due_at_ms <= ? ORDER BY due_at_ms, id LIMIT ?"
_INSERT_ACT = (
    "INSERT INTO acts (round, person, kind, reached, target, planned_at_ms, due_at_ms) VALUES (?, ?, ?, ?, ?, ?, ?)"
)
_FINISH = """
UPDATE rounds SET finished_at_ms = ? WHERE finished_at_ms IS NULL
AND NOT EXISTS (SELECT 1 FROM acts WHERE acts.round = rounds.number AND acts.state = 'pending')
"""


def _decide(
    config: SandboxConfig, number: int, person: Person, text: str | None
) -> Iterator[tuple[str, int, str, float]]:
    """What one person will do: kind, whether a message had reached them, link or phone, and when (0 to 1)."""
    seed, planted = config.seed, config.planted
    reached = text is not None
    link = link_in(text) if text is not None else None
    if link and share(seed, number, person.id, "click") < planted.click_rate:
        yield "click", 1, link, share(seed, number, person.id, "click at") / 2
    if share(seed, number, person.id, "buy") < planted.base_rate + (planted.lift if reached else 0):
        yield "buy", int(reached), "", 0.5 + share(seed, number, person.id, "buy at") / 2
    if reached and share(seed, number, person.id, "refuse") < planted.refuse_rate:
        yield "refuse", 1, person.phone, 0.9


def _after_act(tries: int, status: int, now_ms: int) -> tuple[str, int, int]:
    if 200 <= status < 400:
        return "done", tries, now_ms
    retry = status in (0, 408, 425, 429) or status >= 500
    if not retry or tries > len(RETRY_SECONDS):
        return "failed", tries, now_ms
    return "pending", tries, now_ms + RETRY_SECONDS[tries - 1] * 1000


def order(
    *,
    seed: int,
    number: int,
    started_at_ms: int,
    person: Person,
    products: Sequence[Product],
    paid_at_ms: int,
) -> dict[str, Any]:
    """The order of one person in one round, always the same: amounts in yuan, as shops send them."""
    random = generator(seed, number, person.id, "basket")
    chosen = random.sample(products, k=min(random.choice((1, 1, 2, 3)), len(products)))
    lines = [_line(product, random.choice((1, 1, 1, 2, 3))) for product in chosen]
    return {
        "shop": person.shop,
        "order_no": f"SB{from_millis(started_at_ms).astimezone(ZONE):%y%m%d%H%M%S}{number:03d}{person.id:06d}",
        "member_no": person.member_no,
        "phone": person.phone,
        "name": person.name,
        "paid_at": from_millis(paid_at_ms).astimezone(ZONE).isoformat(timespec="seconds"),
        "lines": lines,
    }


def _line(product: Product, quantity: int) -> dict[str, Any]:
    return {
        "sku": product.sku,
        "title": product.title,
        "quantity": quantity,
        "unit_price": _yuan(product.price_fen),
        "amount": _yuan(product.price_fen * quantity),
    }


def _yuan(fen: int) -> str:
    return f"{fen // 100}.{fen % 100:02d}"

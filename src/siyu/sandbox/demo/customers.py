"""The demo brand's customers: who they are, where they buy, how often, and when they come and stop."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import polars as pl

from siyu.sandbox.demo.names import FEMALE, MALE, make_names
from siyu.sandbox.demo.organisation import Organisation, make_organisation
from siyu.sandbox.demo.size import YEAR_DAYS, Size

_PART = 2
# Real beginnings of mainland mobile numbers of the three large carriers (no virtual operators, no data cards).
PHONE_PREFIXES = (
    *("134", "135", "136", "137", "138", "139", "150", "151", "152", "157", "158", "159", "182", "183", "187"),
    *("130", "131", "132", "155", "156", "185", "186", "133", "153", "180", "181", "189", "177", "173", "199"),
)
# Multiplying by it, modulo all numbers there are, gives every customer a number of their own that looks like chance.
_PHONE_STEP = 1_847_562_911
_PHONES = len(PHONE_PREFIXES) * 10**8


class Channel(IntEnum):
    """Where an order is placed."""

    TILL = 0
    YOUZAN = 1
    TMALL = 2
    JD = 3
    DOUYIN = 4


@dataclass(frozen=True)
class Persona:
    """A way to buy: share of the customers, orders a year while they come, share of those who stop within the year."""

    share: float
    pace: float
    stop_share: float
    festive: bool = False


PERSONAS = (
    Persona(0.06, 34.0, 0.15),  # every week or two
    Persona(0.22, 11.0, 0.30),  # every month
    Persona(0.40, 4.2, 0.45),  # now and then
    Persona(0.14, 2.6, 0.25, festive=True),  # gifts for the holidays
    Persona(0.18, 0.0, 0.0),  # once
)
# Of 100 customers, those who had been coming before the year began; the others start somewhere in it.
OLD_SHARE = 0.55
# Of 100 customers, those who never were in a store (only on a platform), and of the others those who also buy online.
ONLINE_ONLY_SHARE = 0.12
BOTH_SHARE = 0.20
# Where online customers buy, and the share of orders that those of both worlds place there.
ONLINE_SHARES = {Channel.YOUZAN: 0.36, Channel.TMALL: 0.28, Channel.JD: 0.14, Channel.DOUYIN: 0.22}
ONLINE_ORDER_SHARE = 0.35
# Of 100 customers of a platform, those whose name and phone it hides. The brand's own online shop hides nobody.
MASKED_SHARE = 0.4
# Of 100 customers of stores alone: without a member number, without a phone. Of all: the answer about text messages.
NO_MEMBER_SHARE = 0.05
NO_PHONE_SHARE = 0.03
CONSENT_SHARES = {"是": 0.80, "否": 0.15, "": 0.05}
BIRTHDAY_SHARE = 0.55
GENDER_SHARE = 0.85
WOMEN_SHARE = 0.62
# Levels by persona: whoever comes more has a higher card.
PLACE = ("province", "city", "district")
LEVELS = ("黑金会员", "金卡会员", "银卡会员", "银卡会员", "普通会员")
FIRST_MEMBER_NO = 10_000_000
# Mean orders beyond the first that the personas above make by themselves.
NATURAL_EXTRA = 4.23


def make_customers(size: Size, block: int) -> pl.DataFrame:
    """The customers of a block, one row each.

    Who they are: id, name, gender, birthday, level, phone, member_no, consent ("" where they have none).
    Where they buy: store and guide (places in the organisation, null for those without), province, city, district,
    channel (online; 0 for none), online_share, handle (what a platform calls them), masked.
    How often: persona, start and stop (days of the year), extra (mean orders beyond the first).
    """
    ids = np.arange(size.ids(block).start, size.ids(block).stop)
    chance = size.chance(_PART, block)
    organisation = make_organisation(size)
    where = _where(chance, len(ids))
    who = _who(chance, size, ids, where)
    home = _home(chance, organisation, where["online_only"])
    often = _often(chance, size, organisation, home["store"])
    levels = np.array(LEVELS)[often["persona"]]
    handle = [_handle(int(id_), Channel(channel)) for id_, channel in zip(ids, where["channel"], strict=True)]
    return pl.DataFrame({"id": ids, **who, "level": levels.tolist(), **home, **where, "handle": handle, **often})


def _where(chance: np.random.Generator, count: int) -> dict[str, np.ndarray]:
    online_only = chance.random(count) < ONLINE_ONLY_SHARE
    both = ~online_only & (chance.random(count) < BOTH_SHARE)
    channels = chance.choice(np.array(list(ONLINE_SHARES)), size=count, p=list(ONLINE_SHARES.values()))
    channel = np.where(online_only | both, channels, int(Channel.TILL))
    masked = (chance.random(count) < MASKED_SHARE) & (channel >= Channel.TMALL)
    share = np.where(online_only, 1.0, np.where(both, ONLINE_ORDER_SHARE, 0.0))
    return {"channel": channel, "masked": masked, "online_only": online_only, "online_share": share}


def _who(
    chance: np.random.Generator, size: Size, ids: np.ndarray, where: dict[str, np.ndarray]
) -> dict[str, Sequence[str]]:
    count = len(ids)
    genders = np.where(chance.random(count) < WOMEN_SHARE, FEMALE, MALE)
    kind = chance.random(count)
    till_only = where["channel"] == Channel.TILL
    phones = (_PHONE_STEP * ids + size.seed) % _PHONES
    in_person = ~where["online_only"]
    answers = chance.choice(np.array(list(CONSENT_SHARES)), size=count, p=list(CONSENT_SHARES.values()))
    # Only the till and the brand's own shop ask.
    asked = in_person | (where["channel"] == Channel.YOUZAN)
    return {
        "name": make_names(chance, genders.tolist()),
        "gender": np.where((chance.random(count) < GENDER_SHARE) & in_person, genders, "").tolist(),
        "birthday": _birthdays(chance, in_person),
        "phone": [
            "" if nobody else f"{PHONE_PREFIXES[number // 10**8]}{number % 10**8:08d}"
            for number, nobody in zip(phones.tolist(), till_only & (kind < NO_PHONE_SHARE), strict=True)
        ],
        "member_no": [
            f"VIP{FIRST_MEMBER_NO + id_}" if known else ""
            for id_, known in zip(ids.tolist(), in_person & ~(till_only & (kind > 1 - NO_MEMBER_SHARE)), strict=True)
        ],
        "consent": np.where(asked, answers, "").tolist(),
    }


def _birthdays(chance: np.random.Generator, in_person: np.ndarray) -> list[str]:
    """Most around thirty-five; as texts, because that is how a till keeps them."""
    known = in_person & (chance.random(len(in_person)) < BIRTHDAY_SHARE)
    years = np.clip(chance.normal(1989, 9, len(known)), 1950, 2007).astype(int)
    days = chance.integers(0, 365, len(known))
    dates = years.astype(str).astype("datetime64[Y]").astype("datetime64[D]") + days
    return np.where(known, dates.astype(str), "").tolist()


def _home(chance: np.random.Generator, organisation: Organisation, online_only: np.ndarray) -> dict[str, pl.Series]:
    """Store and guide of everybody who was ever in one, and where everybody lives: near a store."""
    count = len(online_only)
    weights = np.array([store.weight for store in organisation.stores])
    store = chance.choice(len(weights), size=count, p=weights / weights.sum())
    guides = [organisation.stores[place].guides for place in store.tolist()]
    which = chance.random(count).tolist()
    guide = [one[int(share * len(one))] for one, share in zip(guides, which, strict=True)]
    known = pl.Series(~online_only)
    found = {"store": pl.Series(store), "guide": pl.Series(guide)}
    homes = {name: pl.select(pl.when(known).then(values)).to_series() for name, values in found.items()}
    nodes = pl.DataFrame([[s.node.province, s.node.city, s.node.district] for s in organisation.stores], orient="row")
    lives = nodes[store.tolist()].rename(dict(zip(nodes.columns, PLACE, strict=True)))
    return {**homes, **lives.to_dict()}


def _often(
    chance: np.random.Generator, size: Size, organisation: Organisation, store: pl.Series
) -> dict[str, np.ndarray]:
    count = len(store)
    persona = chance.choice(len(PERSONAS), size=count, p=[persona.share for persona in PERSONAS])
    opened = np.array([one.opened for one in organisation.stores])[store.fill_null(0).to_numpy()]
    opened = np.where(store.is_null().to_numpy(), 0, opened)
    old = chance.random(count) < OLD_SHARE
    start = np.maximum(np.where(old, 0.0, chance.random(count) * YEAR_DAYS), opened)
    stops = chance.random(count) < np.array([persona.stop_share for persona in PERSONAS])[persona]
    stop = np.where(stops, start + chance.random(count) * (YEAR_DAYS - start), float(YEAR_DAYS))
    # Nobody comes for less than a day, and nobody begins after the year.
    stop = np.maximum(stop, np.minimum(start + 1.0, YEAR_DAYS))
    start = np.minimum(start, stop - 1.0)
    pace = np.array([persona.pace for persona in PERSONAS])[persona] * chance.gamma(4.0, 0.25, count)
    extra = pace * (stop - start) / YEAR_DAYS * (size.orders_per_customer - 1) / NATURAL_EXTRA
    return {"persona": persona, "start": start, "stop": stop, "extra": extra}


def _handle(id_: int, channel: Channel) -> str:
    """What the platform calls somebody: a name that they chose once."""
    if channel is Channel.TMALL:
        return f"tb{id_ * 618_033_989 % 10**9:09d}"
    return f"jd_{id_ * 6_180_339_887 % 10**10:09x}" if channel is Channel.JD else ""

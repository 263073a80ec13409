"""Small random worlds, and what rules mean in them, computed naively in Python from the definitions alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from siyu.commerce.events import MONEY_EVENTS, ORDER_PAID, ORDER_REFUNDED, ORDER_REVISED

ZONE = ZoneInfo("Asia/Shanghai")
TODAY = date(2026, 5, 20)
# The as-of of all questions: the end of that day in the brand's zone.
UNTIL = datetime(2026, 5, 20, 16, tzinfo=UTC)


@dataclass(frozen=True)
class Profile:
    fragment: int
    first_seen: datetime
    texts: dict[str, str]
    numbers: dict[str, float]


@dataclass(frozen=True)
class Fact:
    name: str
    at: datetime
    fragment: int
    object_id: int
    amount_fen: int


@dataclass(frozen=True)
class World:
    """Profiles of all fragments, facts, and which fragments have been merged into which root."""

    profiles: list[Profile]
    facts: list[Fact]
    roots: dict[int, int] = field(default_factory=dict)

    def root(self, fragment: int) -> int:
        return self.roots.get(fragment, fragment)

    @property
    def people(self) -> set[int]:
        return {self.root(profile.fragment) for profile in self.profiles}

    def facts_of(self, person: int) -> list[Fact]:
        return [fact for fact in self.facts if fact.fragment and self.root(fact.fragment) == person]

    def profile_of(self, person: int) -> Profile:
        return next(profile for profile in self.profiles if profile.fragment == person)


def day_of(moment: datetime) -> date:
    return moment.astimezone(ZONE).date()


def holds(world: World, rule: dict[str, Any], person: int) -> bool:
    """Whether a rule holds for a person at the end of TODAY."""
    if "all" in rule:
        return all(holds(world, part, person) for part in rule["all"])
    if "any" in rule:
        return any(holds(world, part, person) for part in rule["any"])
    if "none" in rule:
        return not any(holds(world, part, person) for part in rule["none"])
    return LEAVES[rule["leaf"]](world, rule, person)


def who(world: World, rule: dict[str, Any]) -> set[int]:
    return {person for person in world.people if holds(world, rule, person)}


def _in_window(rule: dict[str, Any], moment: datetime) -> bool:
    day = day_of(moment)
    if moment >= UNTIL:
        return False
    if "within_days" in rule and (TODAY - day).days > rule["within_days"]:
        return False
    if "since" in rule and day < date.fromisoformat(rule["since"]):
        return False
    return not ("until" in rule and day > date.fromisoformat(rule["until"]))


def _compare(op: str, left: Any, right: Any) -> bool:
    if op == "between":
        return right[0] <= left <= right[1]
    table: dict[str, Callable[[Any, Any], bool]] = {
        ">=": lambda a, b: a >= b, ">": lambda a, b: a > b, "<=": lambda a, b: a <= b, "<": lambda a, b: a < b,
        "=": lambda a, b: a == b,
    }  # fmt: skip
    return table[op](left, right)


def _order_count(world: World, rule: dict[str, Any], person: int) -> bool:
    orders = {f.object_id for f in world.facts_of(person) if f.name == ORDER_PAID and _in_window(rule, f.at)}
    return _compare(rule["op"], len(orders), rule["value"])


def _net_sales(world: World, rule: dict[str, Any], person: int) -> bool:
    total = sum(f.amount_fen for f in world.facts_of(person) if f.name in MONEY_EVENTS and _in_window(rule, f.at))
    return _compare(rule["op"], total, rule["value_fen"])


def _order_times(world: World, person: int) -> list[datetime]:
    return sorted(f.at for f in world.facts_of(person) if f.name == ORDER_PAID and f.at < UNTIL)


def _last_order(world: World, rule: dict[str, Any], person: int) -> bool:
    times = _order_times(world, person)
    if "never" in rule:
        return not times
    return bool(times) and _age_holds(rule, times[-1])


def _first_order(world: World, rule: dict[str, Any], person: int) -> bool:
    times = _order_times(world, person)
    return bool(times) and _age_holds(rule, times[0])


def _age_holds(rule: dict[str, Any], moment: datetime) -> bool:
    if "older_than_days" in rule:
        return (TODAY - day_of(moment)).days > rule["older_than_days"]
    return _in_window(rule, moment)


def _first_seen(world: World, rule: dict[str, Any], person: int) -> bool:
    seen = world.profile_of(person).first_seen
    return seen < UNTIL and _age_holds(rule, seen)


def _attribute(world: World, rule: dict[str, Any], person: int) -> bool:
    profile = world.profile_of(person)
    name, op, value = rule["name"], rule["op"], rule.get("value")
    if op == "is_set":
        return name in profile.texts or name in profile.numbers
    if isinstance(value, str) or (isinstance(value, list) and isinstance(value[0], str)):
        held = profile.texts.get(name)
        tests = {
            "is": lambda: held == value, "in": lambda: held in value,
            "contains": lambda: value.lower() in held.lower(), "starts": lambda: held.lower().startswith(value.lower()),
        }  # fmt: skip
        return held is not None and tests[op]()
    number = profile.numbers.get(name)
    if number is None:
        return False
    if op in {"is", "in"}:
        return number == value if op == "is" else number in value
    return _compare(op, number, value)


LEAVES = {
    "order_count": _order_count,
    "net_sales": _net_sales,
    "last_order": _last_order,
    "first_order": _first_order,
    "first_seen": _first_seen,
    "attribute": _attribute,
}

# --- random worlds and rules -----------------------------------------------------------------------------------------

PEOPLE = 8
_moments = st.integers(-70 * 24 * 60, 2 * 24 * 60).map(lambda minutes: UNTIL + timedelta(minutes=minutes))
# Right at the edges of days in the brand's zone, where windows go wrong.
_edges = st.tuples(st.integers(-70, 1), st.sampled_from([-1, 0, 1])).map(
    lambda pair: UNTIL + timedelta(days=pair[0], milliseconds=pair[1])
)
moments = _moments | _edges
_words = st.sampled_from(["United Kingdom", "france", "法国", "a'b\\c", "{x:String}"])
_texts = st.dictionaries(st.sampled_from(["country", "level"]), _words)
_numbers = st.dictionaries(st.sampled_from(["age", "level"]), st.sampled_from([0.0, 1.5, 18.0, 40.0]))


@st.composite
def worlds(draw: st.DrawFn) -> World:
    profiles = [
        Profile(fragment, draw(moments), draw(_texts), draw(_numbers)) for fragment in range(1, PEOPLE + 1)
    ]
    facts = draw(
        st.lists(
            st.builds(
                Fact,
                st.sampled_from([ORDER_PAID, ORDER_PAID, ORDER_REVISED, ORDER_REFUNDED, "sandbox.noise"]),
                moments,
                st.integers(0, PEOPLE),
                st.integers(1, 12),
                st.integers(-500, 500),
            ),
            max_size=40,
        )
    )
    merged = draw(st.dictionaries(st.integers(5, PEOPLE), st.integers(1, 4), max_size=3))
    return World(profiles, facts, merged)


_days = st.integers(0, 75)
_spans = st.fixed_dictionaries(
    {}, optional={"since": st.integers(-60, 0), "until": st.integers(-60, 0)}
).map(lambda given: {key: (TODAY + timedelta(days=days)).isoformat() for key, days in given.items()})
_windows = (
    st.just({})
    | _days.map(lambda days: {"within_days": days})
    | _spans.filter(lambda span: span.get("since", "") <= span.get("until", "9"))
)
_ages = _days.map(lambda d: {"within_days": d}) | _days.map(lambda d: {"older_than_days": d})


def _with_op(name: str, value: st.SearchStrategy[int]) -> st.SearchStrategy[dict[str, Any]]:
    single = st.tuples(st.sampled_from([">=", ">", "<=", "<", "="]), value).map(lambda p: {"op": p[0], name: p[1]})
    pair = st.lists(value, min_size=2, max_size=2).map(lambda p: {"op": "between", name: sorted(p)})
    return single | pair


def _leaf(kind: str, *parts: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[dict[str, Any]]:
    return st.tuples(*parts).map(lambda given: {"leaf": kind} | {k: v for part in given for k, v in part.items()})


_text_tests = st.tuples(st.sampled_from(["is", "contains", "starts"]), _words | st.just("F")).map(
    lambda p: {"op": p[0], "value": p[1]}
)
_number_tests = _with_op("value", st.sampled_from([0, 1.5, 18, 40])).filter(lambda test: test["op"] != "=")
_lists = st.lists(_words, min_size=1, max_size=3).map(lambda words: {"op": "in", "value": words})
_number_lists = st.lists(st.sampled_from([0, 18]), min_size=1).map(lambda items: {"op": "in", "value": items})
_fixed = st.sampled_from([{"op": "is_set"}, {"op": "is", "value": 18}])
_attributes = _leaf(
    "attribute",
    st.sampled_from(["country", "level", "age"]).map(lambda name: {"name": name}),
    _text_tests | _number_tests | _lists | _number_lists | _fixed,
)
leaves = st.one_of(
    _leaf("order_count", _with_op("value", st.integers(0, 3)), _windows),
    _leaf("net_sales", _with_op("value_fen", st.integers(-300, 600)), _windows),
    _leaf("last_order", _ages | st.just({"never": True})),
    _leaf("first_order", _ages | _windows.filter(bool)),
    _leaf("first_seen", _ages | _windows.filter(bool)),
    _attributes,
)
rules = st.recursive(
    leaves,
    lambda inner: st.tuples(st.sampled_from(["all", "any", "none"]), st.lists(inner, min_size=1, max_size=3)).map(
        lambda pair: {pair[0]: pair[1]}
    ),
    max_leaves=8,
)

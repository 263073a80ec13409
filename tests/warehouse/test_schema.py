"""The tables of the warehouse: applied once, in order, and doing what the queries of others rely on."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from siyu.warehouse import services
from siyu.warehouse.client import Warehouse
from siyu.warehouse.services import schema

pytestmark = pytest.mark.warehouse
AT = datetime(2026, 3, 1, tzinfo=UTC)


def test_migrating_again_applies_nothing(warehouse: Warehouse) -> None:
    assert services.pending_migrations() == []
    assert services.migrate() == []


def test_a_step_that_died_half_way_is_repeated(warehouse: Warehouse) -> None:
    warehouse.command("ALTER TABLE ddl_steps DELETE WHERE name = '0003_create_roots' SETTINGS mutations_sync = 1")
    warehouse.command("DROP DICTIONARY roots_dict SYNC")
    assert services.pending_migrations() == ["0003_create_roots"]
    assert services.migrate() == ["0003_create_roots"]
    assert warehouse.value("EXISTS roots_dict") == 1


def test_whoever_ships_first_makes_what_is_missing(warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    """The warehouse may have been away when the installation was set up; a process looks once."""
    monkeypatch.setattr(schema, "_in_step", set())
    warehouse.command("ALTER TABLE ddl_steps DELETE WHERE name = '0003_create_roots' SETTINGS mutations_sync = 1")
    warehouse.command("DROP DICTIONARY roots_dict SYNC")
    schema.ensure_in_step()
    assert services.pending_migrations() == []
    assert warehouse.value("EXISTS roots_dict") == 1
    warehouse.command("DROP TABLE ddl_steps SYNC")
    schema.ensure_in_step()
    assert warehouse.value("EXISTS ddl_steps") == 0


def test_steps_are_numbered_without_gaps() -> None:
    names = [step.name for step in schema.steps()]
    assert [int(name[:4]) for name in names] == list(range(1, len(names) + 1))


def events(warehouse: Warehouse, bodies: list[str]) -> None:
    rows = [["e", AT, number + 1, number, body] for number, body in enumerate(bodies)]
    warehouse.insert("events", ["name", "ts", "fragment", "event_id", "body"], rows)


@pytest.mark.parametrize(
    ("body", "amount_fen", "object_id"),
    [
        ('{"amount_fen":-1250,"object_id":7}', -1250, 7),
        ('{"object_id":18446744073709551615}', 0, 2**64 - 1),
        ('{"lines":[{"amount_fen":5}],"x":{"object_id":6}}', 0, 0),
        ("{}", 0, 0),
    ],
)
def test_amount_and_object_come_out_of_the_body(
    warehouse: Warehouse, body: str, amount_fen: int, object_id: int
) -> None:
    events(warehouse, [body])
    assert warehouse.rows("SELECT amount_fen, object_id FROM events") == [(amount_fen, object_id)]


def test_the_alias_serves_functions_that_refuse_datetime64(warehouse: Warehouse) -> None:
    events(warehouse, ["{}"])
    assert warehouse.rows("SELECT windowFunnel(60000)(ts_ms, name = 'e') FROM events") == [(1,)]


def test_one_customers_timeline_uses_the_projection(warehouse: Warehouse) -> None:
    warehouse.command(
        "INSERT INTO events (name, ts, fragment, event_id, body) SELECT toString(number % 10), "
        "toDateTime64('2026-01-01', 3, 'UTC') + number, cityHash64(number) % 50000, number, '{}' FROM numbers(200000)"
    )
    plan = warehouse.rows("EXPLAIN SELECT name, ts FROM events WHERE fragment = 17 ORDER BY ts")
    assert any("by_fragment" in line for (line,) in plan)


def test_events_of_an_erased_person_can_be_deleted(warehouse: Warehouse) -> None:
    events(warehouse, ["{}", "{}"])
    warehouse.command("DELETE FROM events WHERE fragment = 1")
    assert warehouse.rows("SELECT fragment FROM events") == [(2,)]


def test_the_dictionary_follows_merges_and_undoing(warehouse: Warehouse) -> None:
    root_of = "SELECT dictGetOrDefault('roots_dict', 'root', toUInt32(number), toUInt32(number)) FROM numbers(1, 3)"
    assert warehouse.rows(root_of) == [(1,), (2,), (3,)]
    warehouse.insert("roots", ["fragment", "root", "version"], [[2, 1, 1], [3, 1, 1]])
    warehouse.command("SYSTEM RELOAD DICTIONARY roots_dict")
    assert warehouse.rows(root_of) == [(1,), (1,), (1,)]
    warehouse.insert("roots", ["fragment", "root", "version"], [[3, 3, 2]])
    warehouse.command("SYSTEM RELOAD DICTIONARY roots_dict")
    assert warehouse.rows(root_of) == [(1,), (1,), (3,)]


def test_profiles_keep_the_largest_version(warehouse: Warehouse) -> None:
    columns = ["fragment", "first_seen", "attributes", "numbers", "version"]
    warehouse.insert("profiles", columns, [[1, AT, {"city": "上海"}, {"age": 30.0}, 2]])
    warehouse.insert("profiles", columns, [[1, AT, {"city": "北京"}, {}, 1]])
    assert warehouse.rows("SELECT attributes['city'], numbers['age'] FROM profiles FINAL") == [("上海", 30.0)]

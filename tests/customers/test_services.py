"""People are found by their keys, created once, and never merged silently."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from tests.support.log import published

from siyu.customers import events, queries, services
from siyu.customers.contracts import Channel, ConsentIn, IdentityKey, IdentityKind, NoIdentity, PersonIn, Purpose
from siyu.customers.models import Fragment, Identity
from siyu.eventlog import records
from siyu.kernel.errors import NotFound
from siyu.org.contracts import STRANGER, SYSTEM

pytestmark = pytest.mark.django_db
MOMENT = datetime(2026, 5, 1, tzinfo=UTC)


def member(number: str, shop: str = "main") -> IdentityKey:
    return IdentityKey(IdentityKind.MEMBER, shop, number)


def phone(number: str) -> IdentityKey:
    return IdentityKey(IdentityKind.PHONE, "", number)


def person(*keys: IdentityKey, name: str = "", day: int = 0, **attributes: str) -> PersonIn:
    return PersonIn(keys, MOMENT + timedelta(days=day), name, attributes)


def consent(granted: bool, day: int) -> ConsentIn:
    return ConsentIn(Channel.SMS, Purpose.MARKETING, granted, MOMENT + timedelta(days=day), f"form {day}")


def ensure(*people: PersonIn) -> list[int]:
    with records.transaction():
        return services.ensure_people(people, source="tests", trace_id="t")


def test_each_new_person_gets_the_next_dense_id() -> None:
    first = ensure(person(member("1")), person(member("2")))
    assert first[1] == first[0] + 1
    assert ensure(person(member("2")), person(member("3")), person(member("1"))) == [
        first[1],
        first[1] + 1,
        first[0],
    ]


def test_one_person_told_twice_in_a_batch_is_created_once() -> None:
    a, b, c = ensure(person(member("1")), person(member("1"), phone("+8613812341234")), person(phone("+8613812341234")))
    assert a == b == c
    assert Fragment.objects.count() == 1
    assert Identity.objects.count() == 2


def test_the_same_number_in_another_shop_is_another_person() -> None:
    a, b = ensure(person(member("1", "north")), person(member("1", "south")))
    assert a != b


def test_a_new_key_joins_the_person_that_the_row_names() -> None:
    (known,) = ensure(person(member("1")))
    assert ensure(person(member("1"), phone("+8613812341234"))) == [known]
    assert ensure(person(phone("+8613812341234"))) == [known]


def test_two_known_people_are_never_merged_silently() -> None:
    a, b = ensure(person(member("1")), person(phone("+8613812341234")))
    assert ensure(person(member("1"), phone("+8613812341234"))) == [a]
    assert ensure(person(phone("+8613812341234"))) == [b]


def test_a_person_without_keys_is_refused() -> None:
    with pytest.raises(NoIdentity):
        ensure(PersonIn((), MOMENT))


def test_phones_are_sealed_masked_and_found_by_number_and_tail() -> None:
    (customer_id,) = ensure(person(phone("+8613812345678"), name="林晓岚"))
    row = Identity.objects.get()
    assert row.sealed is not None
    assert b"13812345678" not in bytes(row.sealed) + bytes(row.lookup)
    assert row.value == ""
    assert queries.customer(SYSTEM, customer_id).phone_masked == "138****5678"
    for text in ("5678", "13812345678", "+8613812345678", "林晓"):
        assert [found.id for found in queries.search(SYSTEM, text=text).items] == [customer_id], text
    assert queries.search(SYSTEM, text="9999").items == []
    assert queries.phones(SYSTEM, [customer_id]) == {customer_id: "+8613812345678"}


def test_profiles_keep_the_newest_name_and_join_attributes() -> None:
    (customer_id,) = ensure(person(member("1"), name="林晓岚", day=5, city="上海", store="徐汇店"))
    ensure(person(member("1"), day=1, city="杭州"), person(member("1"), name="林岚", day=7))
    view = queries.customer(SYSTEM, customer_id)
    assert view.display_name == "林岚"
    assert view.attributes == {"city": "杭州", "store": "徐汇店"}
    assert view.first_seen_at == MOMENT + timedelta(days=1)


def test_an_unchanged_profile_publishes_nothing() -> None:
    ensure(person(member("1"), name="A", city="上海"))
    before = len(published())
    ensure(person(member("1"), name="A", city="上海"))
    assert len(published()) == before
    assert [event.name for event in published()] == [events.PROFILE_CHANGED]


def test_consent_is_a_ledger_whose_newest_entry_counts() -> None:
    granted = PersonIn((member("1"),), MOMENT, consents=(consent(True, 1),))
    (customer_id,) = ensure(granted)
    ensure(granted)
    with records.transaction():
        services.record_consent(fragment_id=customer_id, consent=consent(False, 3), source="tests")
        services.record_consent(fragment_id=customer_id, consent=consent(True, 2), source="late file")
    assert queries.consenting(SYSTEM, [customer_id], Channel.SMS, Purpose.MARKETING) == set()
    assert [(c.granted, c.evidence) for c in queries.consents(SYSTEM, customer_id)] == [(False, "form 3")]
    names = [event.name for event in published()]
    assert names.count(events.CONSENT_CHANGED) == 2


def test_a_stranger_sees_nobody() -> None:
    (customer_id,) = ensure(person(member("1")))
    assert queries.count(SYSTEM) == 1
    assert queries.count(STRANGER) == 0
    assert queries.search(STRANGER).items == []
    assert queries.phones(STRANGER, [customer_id]) == {}
    with pytest.raises(NotFound):
        queries.customer(STRANGER, customer_id)
    with pytest.raises(NotFound):
        queries.timeline(STRANGER, customer_id)


@pytest.mark.parametrize("count", [1, 3])
def test_a_list_costs_the_same_queries_for_any_length(count: int, django_assert_num_queries: object) -> None:
    ensure(*(person(member(str(n)), phone(f"+861381234000{n}")) for n in range(count)))
    with django_assert_num_queries(4):  # type: ignore[operator]
        assert len(queries.search(SYSTEM).items) == count


def test_lists_and_timelines_page_without_gaps() -> None:
    customer_ids = ensure(*(person(member(str(n))) for n in range(5)))
    seen: list[int] = []
    cursor = None
    while True:
        page = queries.search(SYSTEM, cursor=cursor, limit=2)
        seen += [item.id for item in page.items]
        cursor = page.next_cursor
        if cursor is None:
            break
    assert seen == customer_ids[::-1]

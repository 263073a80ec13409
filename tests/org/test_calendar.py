"""Hours and days of places: inheritance, own days, public days by hand, files, and who may change them."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from tests.support.organisation import Chain, person

from siyu.eventlog.models import Event
from siyu.kernel.errors import Conflict, InvalidInput, NotAllowed, NotFound
from siyu.org import queries, services
from siyu.org.contracts import SYSTEM, BadFile, NodeKind, Scope, Viewer
from siyu.org.contracts.calendar import OwnDayKind, Spans
from siyu.org.permissions import CALENDAR_MANAGE
from siyu.org.queries import calendar
from siyu.org.services import calendar as verbs

pytestmark = pytest.mark.django_db

LONG: Spans = ((600, 1320),)
WEEK = [LONG] * 7
MONDAY_TEN = datetime(2026, 5, 11, 2, tzinfo=UTC)  # 10:00 in Shanghai


@pytest.fixture
def store() -> int:
    region = services.create_node(
        viewer=SYSTEM, parent_id=queries.root().id, kind=NodeKind.REGION, name="East", code="east"
    )
    return services.create_node(viewer=SYSTEM, parent_id=region, kind=NodeKind.STORE, name="Lake", code="lake")


def manager_of(node_id: int) -> Viewer:
    path = queries.node(SYSTEM, node_id).path
    return Viewer(7, "Mia", Scope(paths=(path,)), frozenset({CALENDAR_MANAGE}))


def test_without_hours_offices_are_assumed_and_said_so(store: int) -> None:
    hours = calendar.hours_at(queries.node(SYSTEM, store).path)
    assert hours.node_id is None
    assert calendar.is_open(SYSTEM, store, MONDAY_TEN)
    assert not calendar.is_open(SYSTEM, store, datetime(2026, 5, 16, 2, tzinfo=UTC))


def test_hours_come_from_the_nearest_place_and_can_follow_it_again(store: int) -> None:
    verbs.set_hours(viewer=SYSTEM, node_id=queries.root().id, week=WEEK, closed_on_holidays=False)
    path = queries.node(SYSTEM, store).path
    assert calendar.hours_at(path).week == (LONG,) * 7
    verbs.set_hours(viewer=SYSTEM, node_id=store, week=[((0, 1440),)] * 7, closed_on_holidays=False)
    assert calendar.hours_at(path).node_id == store
    verbs.clear_hours(viewer=SYSTEM, node_id=store)
    assert calendar.hours_at(path).node_id == queries.root().id


def test_two_people_who_change_the_same_hours_do_not_overwrite_each_other(store: int) -> None:
    verbs.set_hours(viewer=SYSTEM, node_id=store, week=WEEK, closed_on_holidays=False)
    with pytest.raises(Conflict):
        verbs.set_hours(viewer=SYSTEM, node_id=store, week=WEEK, closed_on_holidays=True)
    verbs.set_hours(viewer=SYSTEM, node_id=store, week=WEEK, closed_on_holidays=True, version=1)
    with pytest.raises(Conflict):
        verbs.set_hours(viewer=SYSTEM, node_id=store, week=WEEK, closed_on_holidays=False, version=1)


def test_own_days_hold_below_their_place_and_can_be_taken_back(store: int) -> None:
    day = date(2026, 5, 11)
    closed = verbs.set_own_day(viewer=SYSTEM, node_id=queries.root().id, day=day, kind=OwnDayKind.CLOSED, name="Stock")
    assert not calendar.is_open(SYSTEM, store, MONDAY_TEN)
    assert calendar.next_open(SYSTEM, store, MONDAY_TEN).at == datetime(2026, 5, 12, 1, tzinfo=UTC)
    verbs.set_own_day(viewer=SYSTEM, node_id=store, day=day, kind=OwnDayKind.OPEN, spans=((600, 720),))
    assert calendar.is_open(SYSTEM, store, MONDAY_TEN)
    assert [view.node_name for view in calendar.own_days(SYSTEM, store, day, day)][-1] == "Lake"
    verbs.remove_own_day(viewer=SYSTEM, own_day_id=closed)
    assert len(calendar.own_days(SYSTEM, store, day, day)) == 1
    assert Event.objects.filter(name="org.calendar_changed").count() == 3


def test_an_unknown_year_is_known_once_somebody_has_entered_it() -> None:
    assert calendar.is_workday(date(2031, 10, 1)) is None
    verbs.set_public_day(viewer=SYSTEM, day=date(2031, 10, 1), is_workday=False, name="National Day")
    assert calendar.is_workday(date(2031, 10, 1)) is False
    assert calendar.is_workday(date(2031, 10, 9)) is True
    verbs.remove_public_day(viewer=SYSTEM, day=date(2031, 10, 1))
    assert calendar.is_workday(date(2031, 10, 1)) is None
    with pytest.raises(NotFound):
        verbs.remove_public_day(viewer=SYSTEM, day=date(2031, 10, 1))


def test_a_manager_changes_their_own_places_and_no_public_days(store: int) -> None:
    manager = manager_of(store)
    verbs.set_own_day(viewer=manager, node_id=store, day=date(2026, 5, 11), kind=OwnDayKind.CLOSED)
    above = verbs.set_own_day(
        viewer=SYSTEM, node_id=queries.root().id, day=date(2026, 5, 11), kind=OwnDayKind.CAMPAIGN
    )
    for refused in (
        lambda: verbs.set_own_day(
            viewer=manager, node_id=queries.root().id, day=date(2026, 5, 11), kind=OwnDayKind.CLOSED
        ),
        lambda: verbs.remove_own_day(viewer=manager, own_day_id=above),
        lambda: verbs.set_hours(
            viewer=manager, node_id=queries.root().id, week=WEEK, closed_on_holidays=False
        ),
    ):
        with pytest.raises(NotFound):
            refused()
    with pytest.raises(NotAllowed):
        verbs.set_public_day(viewer=manager, day=date(2031, 10, 1), is_workday=False)
    reader = Viewer(8, "Ron", manager.scope, frozenset())
    with pytest.raises(NotAllowed):
        verbs.set_own_day(viewer=reader, node_id=store, day=date(2026, 5, 11), kind=OwnDayKind.CLOSED)


def test_nonsense_is_refused(store: int) -> None:
    with pytest.raises(InvalidInput):
        verbs.set_hours(viewer=SYSTEM, node_id=store, week=WEEK[:6], closed_on_holidays=False)
    with pytest.raises(InvalidInput):
        verbs.set_hours(viewer=SYSTEM, node_id=store, week=[((600, 500),)] * 7, closed_on_holidays=False)
    with pytest.raises(InvalidInput):
        verbs.set_own_day(viewer=SYSTEM, node_id=store, day=date(1926, 5, 11), kind=OwnDayKind.CLOSED)
    with pytest.raises(InvalidInput):
        verbs.set_own_day(viewer=SYSTEM, node_id=store, day=date(2026, 5, 11), kind=OwnDayKind.CLOSED, name="x" * 61)


def test_a_file_brings_days_names_its_bad_rows_and_changes_nothing_twice(store: int) -> None:
    data = (
        "日期,类型,名称,门店编码,营业时间\n"
        "2027-10-01,放假,国庆节,,\n"
        "2027/10/09,上班,,,\n"
        "2027-10-02,营业,大促,lake,10:00-22:00\n"
        "2027-10-03,停业,,nowhere,\n"
        "soon,停业,,lake,\n"
        "2027-10-04,party,,lake,\n"
        "2027-10-05,营业,,lake,late\n"
    ).encode("gb18030")
    tried = verbs.import_days(viewer=SYSTEM, data=data, dry_run=True)
    assert (tried.created_count, len(tried.problems)) == (3, 4)
    assert calendar.is_workday(date(2027, 10, 1)) is None
    done = verbs.import_days(viewer=SYSTEM, data=data)
    assert [problem.row for problem in done.problems] == [5, 6, 7, 8]
    assert calendar.is_workday(date(2027, 10, 9)) is True
    assert calendar.is_open(SYSTEM, store, datetime(2027, 10, 2, 13, tzinfo=UTC))
    again = verbs.import_days(viewer=SYSTEM, data=data)
    assert (again.created_count, again.changed_count) == (0, 0)
    with pytest.raises(BadFile):
        verbs.import_days(viewer=SYSTEM, data=b"name\nx\n")


def test_a_month_has_whole_weeks_and_is_read_with_a_fixed_number_of_queries(
    store: int, django_assert_num_queries: object
) -> None:
    for count in (1, 3):
        for day in range(1, count + 1):
            verbs.set_own_day(viewer=SYSTEM, node_id=store, day=date(2026, 10, day), kind=OwnDayKind.CAMPAIGN)
        with django_assert_num_queries(5):  # type: ignore[operator]
            days = calendar.month(SYSTEM, store, 2026, 10)
        assert len(days) == 35
    assert (days[0].day, days[3].public is not None, days[3].lunar is not None) == (date(2026, 9, 28), True, True)
    assert len(calendar.month(SYSTEM, store, 2026, 8)) == 42


def test_a_guide_reads_the_calendar_of_where_they_work_and_of_no_other_place(chain: Chain) -> None:
    guide = person("guide", chain.east_store)
    assert calendar.place_or_root(guide, None).id == chain.east_store
    assert calendar.readable(guide, chain.east).name == "华东"
    for elsewhere in (chain.west, chain.west_store, 999_999):
        with pytest.raises(NotFound):
            calendar.is_open(guide, elsewhere, MONDAY_TEN)
    with pytest.raises(NotFound):
        calendar.place_or_root(Viewer(999, "Nobody"), None)

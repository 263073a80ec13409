"""Saving audiences: names, versions, references; who is too late or goes in circles is told so."""

from __future__ import annotations

import pytest

from siyu.audiences import queries, services
from siyu.audiences.contracts import AudienceCycle, AudienceInUse, AudienceState, InvalidRule, NameTaken
from siyu.audiences.models import Audience
from siyu.eventlog.models import Job
from siyu.kernel.errors import Conflict, InvalidInput, NotAllowed, NotFound
from siyu.org.contracts import STRANGER, SYSTEM

pytestmark = pytest.mark.django_db
RULE = {"leaf": "order_count", "op": ">=", "value": 2}
RANKS = {"leaf": "rfm", "segment": "important_value"}


def create(name: str = "Regulars", rule: dict | None = None) -> int:
    return services.create_audience(viewer=SYSTEM, name=name, rule=rule or RULE)


def update(audience_id: int, **changes: object) -> int:
    version = queries.audience(SYSTEM, audience_id).version
    return services.update_audience(viewer=SYSTEM, audience_id=audience_id, version=version, **changes)


def reference(audience_id: int) -> dict:
    return {"leaf": "audience", "id": audience_id}


def test_a_new_audience_waits_for_its_members() -> None:
    audience_id = create("  Regulars ")
    view = queries.audience(SYSTEM, audience_id)
    assert (view.name, view.state, view.rule, view.version) == ("Regulars", AudienceState.BUILDING, RULE, 1)
    assert (view.member_count, view.fresh_at, view.is_stale, view.is_live) == (0, None, True, True)
    job = Job.objects.get()
    assert (job.kind, job.args_json) == ("audiences.rebuild", f'{{"audience_id": {audience_id}}}')
    assert [found.id for found in queries.audiences(SYSTEM)] == [audience_id]


def test_names_are_unique_among_those_in_use() -> None:
    audience_id = create()
    with pytest.raises(NameTaken):
        create("Regulars ")
    other = create("Others")
    with pytest.raises(NameTaken):
        update(other, name="Regulars")
    assert update(audience_id, name="Regulars") == 2
    services.archive_audience(viewer=SYSTEM, audience_id=audience_id, version=2)
    create("Regulars")
    for name in ("", "   ", "x" * 121):
        with pytest.raises(InvalidInput):
            create(name)


def test_whoever_edits_an_old_version_is_too_late() -> None:
    audience_id = create()
    assert update(audience_id, name="Better") == 2
    with pytest.raises(Conflict):
        services.update_audience(viewer=SYSTEM, audience_id=audience_id, version=1, rule=RANKS)
    with pytest.raises(Conflict):
        services.archive_audience(viewer=SYSTEM, audience_id=audience_id, version=1)
    assert queries.audience(SYSTEM, audience_id).rule == RULE


def test_another_name_needs_no_new_members() -> None:
    audience_id = create()
    update(audience_id, name="Better")
    assert Job.objects.count() == 1
    update(audience_id, rule=RANKS)
    assert Job.objects.count() == 2
    assert not queries.audience(SYSTEM, audience_id).is_live


def test_references_pass_on_what_they_follow() -> None:
    inner = create("inner", RANKS)
    outer = create("outer", {"all": [RULE, reference(inner)]})
    assert not queries.audience(SYSTEM, outer).is_live
    before = Audience.objects.get(pk=outer).rule_hash
    update(inner, rule=RULE)
    assert queries.audience(SYSTEM, outer).is_live
    assert Audience.objects.get(pk=outer).rule_hash != before


def test_circles_are_refused() -> None:
    first = create("first")
    second = create("second", {"any": [reference(first)]})
    third = create("third", {"none": [reference(second)]})
    with pytest.raises(AudienceCycle) as caught:
        update(first, rule={"all": [RULE, reference(third)]})
    assert caught.value.data["names"] == "first → third → second → first"
    with pytest.raises(AudienceCycle):
        update(first, rule=reference(first))
    assert queries.audience(SYSTEM, first).rule == RULE


def test_references_are_limited() -> None:
    audience_id = create("0")
    for depth in range(1, 6):
        audience_id = create(str(depth), {"all": [reference(audience_id)]})
    with pytest.raises(InvalidRule, match="at most 5 deep"):
        create("6", reference(audience_id))
    wide = create("wide", {"any": [RULE] * 50})
    wider = create("wider", {"any": [reference(wide)] * 4})
    with pytest.raises(InvalidRule, match="has 201 conditions"):
        create("widest", {"any": [reference(wider), RULE]})
    with pytest.raises(InvalidRule, match="no audience with this number"):
        create("nothing", reference(10**6))


def test_what_others_refer_to_is_not_archived() -> None:
    inner = create("inner")
    outer = create("outer", {"all": [reference(inner)]})
    with pytest.raises(AudienceInUse):
        services.archive_audience(viewer=SYSTEM, audience_id=inner, version=1)
    services.archive_audience(viewer=SYSTEM, audience_id=outer, version=1)
    services.archive_audience(viewer=SYSTEM, audience_id=inner, version=1)
    assert queries.audiences(SYSTEM) == []
    assert [view.name for view in queries.audiences(SYSTEM, archived=True)] == ["inner", "outer"]
    for call in (services.rebuild_audience, services.archive_audience):
        extra = {"version": 2} if call is services.archive_audience else {}
        with pytest.raises(NotFound):
            call(viewer=SYSTEM, audience_id=inner, **extra)
    with pytest.raises(NotFound):
        queries.member_ids(SYSTEM, inner)


def test_a_stranger_writes_nothing() -> None:
    audience_id = create()
    for call in (
        lambda: services.create_audience(viewer=STRANGER, name="x", rule=RULE),
        lambda: services.update_audience(viewer=STRANGER, audience_id=audience_id, version=1, name="x"),
        lambda: services.rebuild_audience(viewer=STRANGER, audience_id=audience_id),
        lambda: services.archive_audience(viewer=STRANGER, audience_id=audience_id, version=1),
    ):
        with pytest.raises(NotAllowed):
            call()


def test_unknown_audiences_are_not_found() -> None:
    for call in (
        lambda: queries.audience(SYSTEM, 404),
        lambda: queries.member_ids(SYSTEM, 404),
        lambda: services.rebuild_audience(viewer=SYSTEM, audience_id=404),
        lambda: services.update_audience(viewer=SYSTEM, audience_id=404, version=1, name="x"),
    ):
        with pytest.raises(NotFound):
            call()

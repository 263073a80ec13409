"""Death at every fail point of every path, at its first and its last pass: afterwards nothing is lost or doubled.

The points are collected from the source; one that no path passes fails here.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.faults import points
from tests.faults.comparison import differences
from tests.faults.fail_point_runs import Host, Reference
from tests.faults.paths import PATHS, STEP

from siyu.kernel.failpoints import EXIT_CODE

pytestmark = [pytest.mark.faults, pytest.mark.warehouse]


def test_every_point_lies_on_a_path(undisturbed: dict[str, Reference]) -> None:
    passed = set().union(*(reference.passes for reference in undisturbed.values()))
    assert passed == set(points.on_paths())


def test_the_other_points_have_tests_of_their_own() -> None:
    for name in set(points.names()) - set(points.on_paths()):
        (where,) = (file for start, file in points.PROVEN_BY_THEIR_OWN.items() if name.startswith(start))
        assert f'"{name}"' in (points.TESTS / where).read_text(encoding="utf-8"), name


@pytest.mark.parametrize("name", points.on_paths())
def test_a_death_there_is_made_good(
    host: Host, undisturbed: dict[str, Reference], name: str, tmp_path: Path
) -> None:
    ways = [(path, passes) for path, reference in undisturbed.items() for passes in _passes(reference, name)]
    assert ways
    for number, (path, passes) in enumerate(ways):
        reference = undisturbed[path]
        installation = reference.before.copy(tmp_path / str(number))
        # A path that begins after a death has had its time; the one that is made good here comes later still.
        later = STEP if PATHS[path].stands_on else 0 * STEP
        with host.surroundings(installation, path) as settings:
            exit_code, _ = host.run(installation, path, armed=f"{name}:{passes}", later=later, **settings)
            assert exit_code == EXIT_CODE, f"{path} did not pass {name} {passes} times again"
            _, ended = host.run(installation, path, later=later + 3 * STEP, **settings)
        ended.pop("passes")
        found, wanted = ended.pop("contents"), reference.ended["contents"]
        assert differences(found, wanted) == {}, f"{path}, dead at pass {passes} of {name}"
        assert ended == {key: value for key, value in reference.ended.items() if key != "contents"}
        installation.remove()


def _passes(reference: Reference, name: str) -> list[int]:
    """The first and the last pass of a point on a path; none if the path does not have it."""
    last = reference.passes.get(name, 0)
    return sorted({1, last}) if last else []

"""Clock, ids, paging, registries, errors and fail points."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from siyu.kernel import clock, failpoints, ids
from siyu.kernel.errors import InvalidInput, TooLarge, Unavailable, stored, told
from siyu.kernel.paging import decode_cursor, encode_cursor
from siyu.kernel.registry import Registry

SHANGHAI = ZoneInfo("Asia/Shanghai")
EARLIEST = datetime(1970, 1, 2)  # noqa: DTZ001 (Hypothesis wants its bounds naive)


def test_days_are_the_brands_days() -> None:
    late_evening_utc = datetime(2026, 5, 13, 16, 30, tzinfo=UTC)
    assert clock.local_day(late_evening_utc, SHANGHAI) == date(2026, 5, 14)
    assert clock.day_start(date(2026, 5, 14), SHANGHAI) == datetime(2026, 5, 13, 16, tzinfo=UTC)
    assert clock.day_end(date(2026, 5, 14), SHANGHAI) == datetime(2026, 5, 14, 16, tzinfo=UTC)


@given(st.datetimes(EARLIEST, timezones=st.just(UTC)))
def test_milliseconds_are_exact(moment: datetime) -> None:
    whole = moment.replace(microsecond=moment.microsecond // 1000 * 1000)
    assert clock.from_millis(clock.to_millis(moment)) == whole


def test_the_clock_can_be_held_and_refuses_naive_times() -> None:
    moment = datetime(2026, 1, 1, tzinfo=SHANGHAI)
    with clock.frozen(moment):
        assert clock.now() == moment
        assert clock.now().tzinfo is UTC
    with pytest.raises(ValueError), clock.frozen(datetime(2026, 1, 1)):  # noqa: DTZ001
        pass


def test_digests_tell_parts_apart() -> None:
    assert ids.digest16("ab", "c") != ids.digest16("a", "bc")
    assert len(ids.digest16("a")) == 16
    assert set(ids.new_token(200)) <= set(ids.TOKEN_ALPHABET)


def test_cursors_come_back_and_edited_ones_are_refused() -> None:
    assert decode_cursor(encode_cursor(12, "a"), int, str) == [12, "a"]
    for bad in ("", "!!!", encode_cursor(1), "eyJhIjoxfQ"):
        with pytest.raises(InvalidInput):
            decode_cursor(bad, int, str)


def test_a_registry_takes_a_name_once_and_names_what_it_knows() -> None:
    registry: Registry[list[int]] = Registry("thing")
    thing = registry.add("one", [1])
    assert registry.add("one", thing) is thing
    with pytest.raises(ValueError, match="registered already"):
        registry.add("one", [2])
    with pytest.raises(KeyError, match="known: one"):
        registry.get("two")


def test_errors_fill_in_their_data_in_any_language() -> None:
    error = TooLarge(limit="2 MiB")
    assert str(error) == "This is larger than the limit of 2 MiB."
    assert error.text(lambda _msgid: "大于上限 %(limit)s。") == "大于上限 2 MiB。"


CHINESE = {
    "%(reason)s": "%(reason)s",
    "Between 0 and %(limit)s %% can be held out.": "留出比例为 0 到 %(limit)s%%。",
    "%(what)s does not answer right now. Nothing was lost; try again in a moment.": "%(what)s没有应答。",
    "The warehouse": "数仓",
}


def chinese(msgid: str) -> str:
    return CHINESE.get(msgid, msgid)


def test_reasons_are_translated_and_filled_too() -> None:
    error = InvalidInput(reason="Between 0 and %(limit)s %% can be held out.", limit=50)
    assert str(error) == "Between 0 and 50 % can be held out."
    assert error.text(chinese) == "留出比例为 0 到 50%。"
    assert Unavailable(what="The warehouse").text(chinese) == "数仓没有应答。"


def test_words_of_others_are_left_as_they_are() -> None:
    assert InvalidInput(reason="100%(odd)").text(chinese) == "100%(odd)"


def test_a_stored_error_is_told_in_the_readers_language() -> None:
    kept = stored(InvalidInput(reason="Between 0 and %(limit)s %% can be held out.", limit=50))
    assert told(kept, chinese) == "留出比例为 0 到 50%。"
    assert told("The warehouse", chinese) == "数仓"
    assert told('{"message": "cut o', chinese) == '{"message": "cut o'
    assert told("", chinese) == ""


@pytest.mark.parametrize(("armed", "passes"), [("a.b", 1), ("a.b:3", 3)])
def test_a_fail_point_ends_the_process_on_the_asked_pass(armed: str, passes: int) -> None:
    code = (
        "from siyu.kernel.failpoints import failpoint\nfor n in range(5):\n    print(n, flush=True); failpoint('a.b')"
    )
    ran = subprocess.run([sys.executable, "-c", code], env={"SIYU_FAILPOINT": armed}, capture_output=True, check=False)
    assert ran.returncode == failpoints.EXIT_CODE
    assert len(ran.stdout.splitlines()) == passes

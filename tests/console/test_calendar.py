"""The calendar page does its job through HTTP: show, mark, set hours, take a file, refuse others."""

from __future__ import annotations

from datetime import date

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from siyu.org import queries
from siyu.org.queries import calendar

pytestmark = pytest.mark.django_db
MONTH = {"month": "2026-10"}


def test_a_month_shows_holidays_shifted_days_and_lunar_dates(browser: Client) -> None:
    text = browser.get(reverse("calendar"), MONTH, headers={"Accept-Language": "en"}).content.decode()
    assert "八月" in text or "廿" in text
    assert "c-day-off" in text
    assert "c-day-mark" in text
    unknown = browser.get(reverse("calendar"), {"month": "2031-01"}).content.decode()
    assert "2031" in unknown
    assert "c-day-unknown" in unknown


def test_marking_a_day_and_taking_it_back(browser: Client) -> None:
    body = {**MONTH, "day": "2026-10-20", "kind": "closed", "day_name": "盘点", "hours": ""}
    assert browser.post(reverse("calendar-day"), body).status_code == 302
    root = queries.root()
    (own,) = calendar.own_days(_system(), root.id, date(2026, 10, 20), date(2026, 10, 20))
    assert "盘点" in browser.get(reverse("calendar"), MONTH).content.decode()
    assert browser.post(reverse("calendar-day-remove", args=[own.id]), MONTH).status_code == 302
    assert "盘点" not in browser.get(reverse("calendar"), MONTH).content.decode()


def test_hours_are_saved_kept_on_error_and_given_back(browser: Client) -> None:
    week = {f"day_{number}": "10:00-22:00" for number in range(7)}
    bad = browser.post(reverse("calendar-hours"), week | {"day_3": "late", "version": "0"})
    assert bad.status_code == 422
    assert "late" in bad.content.decode()
    assert browser.post(reverse("calendar-hours"), week | {"version": "0"}).status_code == 302
    root = queries.root()
    assert calendar.hours_at(root.path).week[0] == ((600, 1320),)
    assert browser.post(reverse("calendar-hours"), {"follow": "1"}).status_code == 302
    assert calendar.hours_at(root.path).node_id is None


def test_a_file_is_taken_and_its_bad_rows_are_named(browser: Client) -> None:
    upload = SimpleUploadedFile("days.csv", b"day,kind\n2031-10-01,holiday\nsoon,holiday\n")
    answer = browser.post(reverse("calendar-file"), {"file": upload})
    assert answer.status_code == 422
    assert "3" in answer.content.decode()
    assert calendar.is_workday(date(2031, 10, 1)) is False
    assert browser.post(reverse("calendar-file"), {}).status_code == 422


@pytest.mark.parametrize("asked", [{"month": "x"}, {"month": "1700-01"}, {"month": "2099-12"}, {"month": "2000-01"}])
def test_months_that_make_no_sense_are_answered(browser: Client, asked: dict[str, str]) -> None:
    assert browser.get(reverse("calendar"), asked).status_code == 200


@pytest.mark.parametrize("place", ["999999", "x", "٣", "1" * 30])
def test_places_that_do_not_exist_are_not_found(browser: Client, place: str) -> None:
    assert browser.get(reverse("calendar"), {"place": place}).status_code == 404


def _system() -> object:
    from siyu.org.contracts import SYSTEM

    return SYSTEM


def test_a_public_day_is_entered_and_taken_back_by_hand(browser: Client) -> None:
    month = {"month": "2031-10"}
    body = {**month, "day": "2031-10-01", "kind": "holiday", "day_name": "国庆节", "hours": ""}
    assert browser.post(reverse("calendar-day"), body).status_code == 302
    assert calendar.is_workday(date(2031, 10, 1)) is False
    assert "2031-10-01" in browser.get(reverse("calendar"), month).content.decode()
    url = reverse("calendar-public-remove")
    assert browser.post(url, {"day": "soon"}).status_code == 404
    assert browser.post(url, {**month, "day": "2031-10-01"}).status_code == 302
    assert browser.post(url, {**month, "day": "2031-10-01"}).status_code == 404
    assert calendar.is_workday(date(2031, 10, 1)) is None

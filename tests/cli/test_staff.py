"""`siyu staff`: people get a generated password that works, once."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from siyu.cli.commands.staff import staff
from siyu.org.models import Staff

pytestmark = pytest.mark.django_db(transaction=True)


def _run(*arguments: str) -> tuple[int, dict[str, str]]:
    done = CliRunner().invoke(staff, [*arguments, "--json"])
    return done.exit_code, json.loads(done.stdout)


def test_a_new_member_of_staff_signs_in_with_the_printed_password() -> None:
    code, made = _run("create", "--email", "Carol@Example.com", "--name", "Carol")
    person = Staff.objects.get(pk=made["staff_id"])
    assert (code, person.email, person.check_password(made["password"])) == (0, "carol@example.com", True)


def test_a_lost_password_is_replaced() -> None:
    _, made = _run("create", "--email", "carol@example.com", "--name", "Carol")
    _, fresh = _run("password", "--email", "carol@example.com")
    person = Staff.objects.get()
    assert person.check_password(fresh["password"])
    assert not person.check_password(made["password"])


def test_an_unknown_address_is_said_so() -> None:
    code, problem = _run("password", "--email", "nobody@example.com")
    assert (code, problem["code"]) == (1, "unknown_staff")


def test_an_address_is_taken_once() -> None:
    _run("create", "--email", "carol@example.com", "--name", "Carol")
    code, problem = _run("create", "--email", "CAROL@example.com", "--name", "Other")
    assert (code, problem["code"]) == (1, "email_taken")

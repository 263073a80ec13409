"""`siyu staff create | password`: who may sign in."""

from __future__ import annotations

import click

from siyu.cli.command import Answer, Output, command
from siyu.cli.commands.token import UnknownStaff
from siyu.cli.language import gettext as _
from siyu.eventlog import records
from siyu.kernel import settings as siyu_settings
from siyu.kernel import setup_code
from siyu.kernel.errors import SiyuError
from siyu.org import queries, services
from siyu.org.contracts import COMMAND_LINE
from siyu.org.roles import OWNER


class UnknownPlace(SiyuError):
    code = "unknown_place"
    status = 404
    message = "There is no place with the code %(value)s."


@command("create")
@click.option("--email", required=True, help="E-mail address to sign in with.")
@click.option("--name", required=True, help="How screens call this person.")
@click.option("--role", default="", help="Key of a role, such as owner, operator or guide. The first person is owner.")
@click.option("--place", default="", help="Code of the place where the role holds; the company without it.")
def create(out: Output, *, email: str, name: str, role: str, place: str) -> Answer:
    """Add a member of staff. The generated password is printed this once."""
    password = services.new_password()
    with records.transaction():
        chosen = role or ("" if queries.staff_exists() else OWNER)
        node = queries.node_by_code(place) if place else None
        if place and node is None:
            raise UnknownPlace(value=place)
        staff_id = services.create_staff(
            email=email,
            name=name,
            password=password,
            role=chosen,
            node_id=node.id if node else 0,
            viewer=COMMAND_LINE,
        )
    setup_code.end(siyu_settings.load().home)
    return _answer(staff_id, email, password)


@command("password")
@click.option("--email", required=True, help="E-mail address of the member of staff.")
def password(out: Output, *, email: str) -> Answer:
    """Give somebody a new password, printed this once. All their sessions end."""
    staff = queries.staff_by_email(email)
    if staff is None:
        raise UnknownStaff(email=email)
    fresh = services.new_password()
    with records.transaction():
        services.set_password(staff_id=staff.pk, password=fresh, viewer=COMMAND_LINE)
    return _answer(staff.pk, staff.email, fresh)


def _answer(staff_id: int, email: str, password_text: str) -> Answer:
    text = _("E-mail: %(email)s\nPassword: %(password)s") % {"email": email, "password": password_text}
    return Answer({"staff_id": staff_id, "email": email, "password": password_text}, text)


staff = click.Group("staff", commands=[create, password], help="Who may sign in.")

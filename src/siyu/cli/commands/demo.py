"""`siyu demo sign-in | load`: the demo brand of a new installation."""

from __future__ import annotations

import click

from siyu.cli import demo_home, demo_load, demo_organisation
from siyu.cli.command import Answer, Output, command
from siyu.cli.demo_import import is_wanted
from siyu.cli.language import gettext as _
from siyu.eventlog import records
from siyu.kernel import settings as siyu_settings
from siyu.kernel import setup_code
from siyu.kernel.settings import Settings
from siyu.org import queries, services


@command("sign-in")
@click.option("--role", help="Somebody else of the demo brand, by role: guide, store_manager, operator, analyst …")
def sign_in(out: Output, role: str | None) -> Answer:
    """Print a sign-in with a generated password: of the owner where nobody can sign in yet, or of somebody by role."""
    settings = siyu_settings.load()
    return _first_sign_in(settings) if role is None else _sign_in_of(settings, role)


def _first_sign_in(settings: Settings) -> Answer:
    """The owner's, who is created unless somebody can sign in already; its password is kept in a file."""
    path = demo_home.sign_in_path(settings)
    if queries.staff_exists():
        return Answer({"created": False, "file": str(path)}, _("Somebody can sign in already."))
    password = services.new_password()
    # The file first: a password in the records that nobody knows would lock the demo for good.
    demo_home.write_private(path, _told(demo_home.DEMO_EMAIL, password) + "\n")
    with records.transaction():
        services.create_staff(email=demo_home.DEMO_EMAIL, name="Demo", password=password, role="owner")
    setup_code.end(settings.home)
    document = {"created": True, "email": demo_home.DEMO_EMAIL, "file": str(path)}
    return Answer(document, _("The sign-in stands in %s") % path)


def _sign_in_of(settings: Settings, role: str) -> Answer:
    """Of the first who has the role; printed this once."""
    employee = demo_organisation.first_with(settings, role)
    password = demo_organisation.give_password(employee)
    document = {"name": employee.name, "role": role, "node": employee.node, "email": employee.email,
                "password": password}  # fmt: skip
    return Answer(document, f"{employee.name} · {employee.node}\n{_told(employee.email, password)}")


def _told(email: str, password: str) -> str:
    return _("E-mail: %(email)s\nPassword: %(password)s") % {"email": email, "password": password}


@command("load")
@click.option("--if-empty", is_flag=True, help="Do nothing if there are customers that the demo did not bring.")
@click.option("--customers", type=click.IntRange(50, 200_000), help="Size of the demo brand.")
def load(out: Output, if_empty: bool, customers: int | None) -> Answer:
    """Make the demo brand's files, import them and play its plans; again changes nothing."""
    settings = siyu_settings.load()
    if if_empty and not is_wanted(settings):
        return Answer({"loaded": False, "jobs": []}, _("There is data already; the demo was left out."))
    # The staff that come with the brand have no passwords: without this nobody could sign in.
    _first_sign_in(settings)
    out.progress(_("Making the demo brand's order files …"))
    made = demo_home.generate_files(settings, customers=customers)
    demo_home.write_sandbox_settings(settings, people_file=made.people_file)
    job_ids = demo_load.load(settings, out, made)
    document = {"loaded": True, "jobs": job_ids, "customers": made.customers, "orders": made.orders,
                "net_sales_fen": made.net_sales_fen}  # fmt: skip
    text = _("The demo brand has %(customers)s customers and %(orders)s orders.") % {
        "customers": made.customers,
        "orders": made.orders,
    }
    return Answer(document, text)


demo = click.Group("demo", commands=[sign_in, load], help="The demo brand.")

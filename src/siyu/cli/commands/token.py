"""`siyu token create | write-key | callback`: what programs outside need to be let in."""

from __future__ import annotations

import click

from siyu.cli.command import Answer, Output, command
from siyu.cli.language import gettext as _
from siyu.eventlog import records
from siyu.ingest import gate
from siyu.kernel import settings as siyu_settings
from siyu.kernel.errors import SiyuError
from siyu.org import queries, services
from siyu.org.contracts import COMMAND_LINE


class UnknownStaff(SiyuError):
    code = "unknown_staff"
    status = 404
    message = "No member of staff signs in with %(email)s."


@command("create")
@click.option("--email", required=True, help="E-mail address of the member of staff whose rights it has.")
@click.option("--label", default="cli", show_default=True, help="What it is for; shown in lists.")
@click.option("--days", type=click.IntRange(1, 3650), help="Days until it ends; without, it does not end by itself.")
def create(out: Output, email: str, label: str, days: int | None) -> Answer:
    """Create a bearer token for the API. It is printed this once; only its hash is kept."""
    staff = queries.staff_by_email(email)
    if staff is None:
        raise UnknownStaff(email=email)
    with records.transaction():
        token_text = services.create_token(staff_id=staff.pk, label=label, days=days, viewer=COMMAND_LINE)
    return Answer({"token": token_text, "email": staff.email, "label": label, "days": days}, token_text)


@command("write-key")
@click.option("--shop", default="", help="The only shop whose orders it may bring; any shop without.")
@click.option("--label", default="", help="What it is for.")
@click.option("--revoke", is_flag=True, help="End every write key with this --shop instead.")
def write_key(out: Output, shop: str, label: str, revoke: bool) -> Answer:
    """Create a write key for POST /v1/orders. It is printed this once; only its hash is kept."""
    settings = siyu_settings.load()
    if revoke:
        count = gate.revoke_write_keys(settings, shop=shop)
        return Answer({"shop": shop, "revoked": count}, _("Write keys ended: %s") % count)
    key = gate.create_write_key(settings, shop=shop, label=label)
    return Answer({"write_key": key, "shop": shop, "label": label}, key)


@command("callback")
def callback(out: Output) -> Answer:
    """Show the secret address to enter at the SMS provider for its delivery reports and replies."""
    address = gate.sms_callback_url(siyu_settings.load())
    return Answer({"sms_callback_url": address}, address)


token = click.Group(
    "token", commands=[create, write_key, callback], help="Tokens of the API, write keys of the collector."
)

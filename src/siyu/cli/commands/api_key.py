"""`siyu api-key create | list | rotate | revoke`: API keys of the brand."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime

import click

from siyu.cli.command import Answer, Output, command, table
from siyu.cli.commands.staff import UnknownPlace
from siyu.cli.language import gettext as _
from siyu.org import queries, services
from siyu.org.api_keys import NewKey
from siyu.org.contracts import COMMAND_LINE


@command("create")
@click.option("--name", required=True, help="What it is for; shown in lists and in the audit log.")
@click.option("--permission", "permissions", multiple=True, required=True, help="A permission; give it repeatedly.")
@click.option("--place", default="", help="Code of the place below which it sees customers; the company without it.")
@click.option("--days", type=click.IntRange(1, 3650), help="Days until it ends; without, it does not end by itself.")
@click.option("--address", "networks", multiple=True, help="Address or range (CIDR) that it may come from; repeatedly.")
@click.option("--rate", type=click.IntRange(1, 600), default=600, show_default=True, help="Requests a minute.")
def create(
    out: Output,
    *,
    name: str,
    permissions: tuple[str, ...],
    place: str,
    days: int | None,
    networks: tuple[str, ...],
    rate: int,
) -> Answer:
    """Create an API key. It is printed this once; only its hash is kept."""
    node = queries.node_by_code(place) if place else queries.root()
    if node is None:
        raise UnknownPlace(value=place)
    made = services.create_key(
        viewer=COMMAND_LINE, name=name, permissions=permissions, node_id=node.id, days=days, networks=networks,
        rate_per_minute=rate,
    )  # fmt: skip
    return _answer(made)


@command("list")
def list_keys(out: Output) -> Answer:
    """List the keys, newest first."""
    found = queries.keys(COMMAND_LINE)
    rows = [(str(key.id), key.name, _(key.state.value), key.node_name, _when(key.last_used_at)) for key in found]
    header = (_("key"), _("name"), _("state"), _("place"), _("last used"))
    document = [asdict(key) | {"permissions": sorted(key.permissions)} for key in found]
    return Answer({"keys": document}, table(rows, header=header))


@command("rotate")
@click.argument("key_id", type=int)
@click.option("--overlap-hours", type=click.IntRange(0, 168), default=24, show_default=True,
              help="How long the old secret works on.")  # fmt: skip
def rotate(out: Output, *, key_id: int, overlap_hours: int) -> Answer:
    """Give a key a new secret, printed this once."""
    return _answer(services.rotate_key(viewer=COMMAND_LINE, key_id=key_id, overlap_hours=overlap_hours))


@command("revoke")
@click.argument("key_id", type=int)
def revoke(out: Output, key_id: int) -> Answer:
    """End a key at once."""
    services.revoke_key(viewer=COMMAND_LINE, key_id=key_id)
    view = queries.key(COMMAND_LINE, key_id)
    return Answer({"id": view.id, "state": view.state.value}, _("Revoked: %s") % view.name)


def _when(moment: datetime | None) -> str:
    return moment.isoformat() if moment else ""


def _answer(made: NewKey) -> Answer:
    return Answer({"id": made.id, "key": made.secret}, made.secret)


api_key = click.Group("api-key", commands=[create, list_keys, rotate, revoke], help="API keys of the brand.")

"""The catalogue: one page per registry."""

from __future__ import annotations

from siyu.audiences.registries import LEAVES
from siyu.cli.reference.markdown import code, first_line, package_of, page, table
from siyu.eventlog import registries as log
from siyu.ingest.registries import INBOX_KINDS
from siyu.insights.registries import MEASURES
from siyu.messaging.registries import PROVIDERS
from siyu.warehouse.registries import PROJECTIONS


def events() -> str:
    """Facts by name, with their properties."""
    parts = []
    for event in sorted(log.EVENTS, key=lambda kind: kind.name):
        rows = [(code(name), text) for name, text in event.properties.items()]
        parts.append(f"## `{event.name}`\n\n{event.label}.\n\n{table(('property', 'meaning'), rows)}")
    intro = "Every fact that the log takes, by the package that publishes it. Amounts (`*_fen`) are fen."
    return page("Events", intro, *parts)


def subscribers() -> str:
    rows = [
        (
            code(subscriber.name),
            package_of(subscriber.handle),
            ", ".join(map(code, sorted(subscriber.names))) if subscriber.names else "every event",
            subscriber.batch_rows,
            "outside a transaction, idempotent" if subscriber.own_transaction else "with its cursor, exactly once",
        )
        for subscriber in log.SUBSCRIBERS
    ]
    intro = "Who reads the log, in its order. `siyu status` shows how far each is behind."
    return page("Subscribers", intro, table(("name", "package", "listens to", "rows a batch", "effects"), rows))


def pumps() -> str:
    rows = [(code(pump.name), package_of(pump.run_once), first_line(pump.run_once.__doc__)) for pump in log.PUMPS]
    intro = "Loops of the worker: each does a little work, rests when there is none, and wakes with the next commit."
    return page("Pumps", intro, table(("name", "package", "what a step does"), rows))


def jobs() -> str:
    rows = [(code(kind.name), kind.label, first_line(kind.run.__doc__)) for kind in log.JOBS]
    schedules = [(code(plan.name), code(plan.cron), code(plan.job_kind)) for plan in log.SCHEDULES]
    intro = "Background work: leased rows that survive the death of their worker. `siyu jobs list` shows them."
    return page(
        "Jobs",
        intro,
        table(("kind", "name", "what it does"), rows),
        "## Schedules\n\nCron lines in the brand's zone; a missed time is made up once.",
        table(("name", "when", "starts"), schedules),
    )


def inbox_kinds() -> str:
    rows = [(code(kind.name), package_of(kind.handle), first_line(kind.handle.__doc__)) for kind in INBOX_KINDS]
    intro = "What the collector may put into the inbox, and who takes it from there, inside the resolver's transaction."
    return page("Inbox kinds", intro, table(("kind", "package", "what happens"), rows))


def leaves() -> str:
    parts = []
    for leaf in LEAVES:
        rows = [
            (code(field.name), field.type.value, "yes" if field.required else "", ", ".join(map(code, field.choices)),
             field.label)
            for field in leaf.fields
        ]  # fmt: skip
        follows = ", ".join(map(code, sorted(leaf.events))) if leaf.events else "computed as a whole by schedule"
        fields = table(("parameter", "type", "required", "choices", "meaning"), rows)
        parts.append(f"## `{leaf.name}`\n\n{leaf.label}. Follows: {follows}.\n\n{fields}")
    intro = "The conditions that audience rules may use: `{\"leaf\": NAME, …}` inside `all`, `any` or `none`."
    return page("Leaves", intro, *parts)


def projections() -> str:
    rows = [
        (code(p.table), package_of(p.rows), ", ".join(map(code, sorted(p.listens))), ", ".join(map(code, p.columns)))
        for p in PROJECTIONS
    ]
    intro = "State of other packages as tables of the warehouse, besides `events`."
    return page("Projections", intro, table(("table", "package", "sent again after", "columns"), rows))


def measures() -> str:
    rows = [(code(m.key), m.label, m.formula, m.unit.value, m.definition, m.source) for m in MEASURES]
    intro = "Every number on a screen is one of these, defined once."
    return page("Measures", intro, table(("key", "name", "formula", "unit", "definition", "computed in"), rows))


def providers() -> str:
    rows = [(code(kind.name), kind.label, kind.zone.key) for kind in PROVIDERS]
    intro = "Whom messages can leave by."
    return page("Message providers", intro, table(("name", "provider", "its days begin in"), rows))


def traces() -> str:
    rows = [(code(name), first_line(log.TRACES.get(name).__doc__)) for name in log.TRACES.names()]
    intro = "Where `siyu trace ID` looks for rows that carry a trace id."
    return page("Trace sources", intro, table(("source", "what it finds"), rows))


PAGES = {
    "events": events,
    "subscribers": subscribers,
    "pumps": pumps,
    "jobs": jobs,
    "inbox-kinds": inbox_kinds,
    "leaves": leaves,
    "projections": projections,
    "measures": measures,
    "providers": providers,
    "traces": traces,
}

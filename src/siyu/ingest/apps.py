from django.apps import AppConfig
from django.utils.translation import gettext_noop as _


class IngestConfig(AppConfig):
    name = "siyu.ingest"
    label = "ingest"

    def ready(self) -> None:
        from siyu.eventlog.contracts import Pump
        from siyu.eventlog.registries import JOBS, PUMPS, TRACES, JobKind
        from siyu.ingest import actions, hooks, jobs, permissions, received, resolver, tracing
        from siyu.ingest.contracts import JOB_KIND
        from siyu.ingest.registries import INBOX_KINDS, InboxKind

        actions.register()
        permissions.register()
        kind = JobKind(
            JOB_KIND, _("Import orders"), jobs.import_orders, own_process=True, prepare=jobs.prepare
        )
        JOBS.add(kind.name, kind)
        PUMPS.add("resolver", Pump("resolver", resolver.resolve_once, idle_seconds=0.2))
        INBOX_KINDS.add(received.CLICK, InboxKind(received.CLICK, hooks.take_clicks))
        INBOX_KINDS.add(received.ORDER, InboxKind(received.ORDER, hooks.take_orders))
        TRACES.add("ingest", tracing.imports_and_poison)

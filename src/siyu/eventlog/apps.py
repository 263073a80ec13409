from django.apps import AppConfig


class EventlogConfig(AppConfig):
    name = "siyu.eventlog"
    label = "eventlog"

    def ready(self) -> None:
        from siyu.eventlog import registries, tracing

        registries.TRACES.add("eventlog", tracing.events_and_jobs)

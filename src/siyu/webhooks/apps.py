from django.apps import AppConfig


class WebhooksConfig(AppConfig):
    name = "siyu.webhooks"
    label = "webhooks"

    def ready(self) -> None:
        from siyu.eventlog.contracts import Pump
        from siyu.eventlog.registries import PUMPS, SUBSCRIBERS
        from siyu.webhooks import actions, kinds, permissions, sealing, sending, subscribers

        actions.register()
        kinds.register()
        permissions.register()
        sealing.register()
        SUBSCRIBERS.add(subscribers.EVENTS.name, subscribers.EVENTS)
        PUMPS.add("webhooks.send", Pump("webhooks.send", sending.DISPATCHER.start_due, idle_seconds=1.0))

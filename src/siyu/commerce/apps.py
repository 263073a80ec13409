from django.apps import AppConfig


class CommerceConfig(AppConfig):
    name = "siyu.commerce"
    label = "commerce"

    def ready(self) -> None:
        from siyu.commerce import events

        events.register()

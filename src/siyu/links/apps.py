from django.apps import AppConfig


class LinksConfig(AppConfig):
    name = "siyu.links"
    label = "links"

    def ready(self) -> None:
        from siyu.links import events

        events.register()

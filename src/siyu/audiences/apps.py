from django.apps import AppConfig


class AudiencesConfig(AppConfig):
    name = "siyu.audiences"
    label = "audiences"

    def ready(self) -> None:
        from siyu.audiences import actions, events, jobs, leaves, permissions

        actions.register()
        events.register()
        permissions.register()
        leaves.register()
        jobs.register()

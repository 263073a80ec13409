from django.apps import AppConfig


class InsightsConfig(AppConfig):
    name = "siyu.insights"
    label = "insights"

    def ready(self) -> None:
        from siyu.insights import measures, permissions, registries

        permissions.register()
        for measure in measures.MEASURES:
            registries.MEASURES.add(measure.key, measure)

from django.apps import AppConfig


class WarehouseConfig(AppConfig):
    name = "siyu.warehouse"
    label = "warehouse"

    def ready(self) -> None:
        from siyu.eventlog import registries
        from siyu.warehouse import jobs, kinds

        kinds.register()
        for pump in jobs.PUMPS:
            registries.PUMPS.add(pump.name, pump)
        for kind in jobs.JOB_KINDS:
            registries.JOBS.add(kind.name, kind)

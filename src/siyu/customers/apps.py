from django.apps import AppConfig


class CustomersConfig(AppConfig):
    name = "siyu.customers"
    label = "customers"

    def ready(self) -> None:
        from siyu.customers import actions, events, permissions, projections, queries, sealing
        from siyu.org.registries import CUSTOMERS

        actions.register()
        events.register()
        permissions.register()
        projections.register()
        sealing.register()
        CUSTOMERS.add("customers", queries.known_within)

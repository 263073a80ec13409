from django.apps import AppConfig


class ConsoleConfig(AppConfig):
    name = "siyu.console"
    label = "console"

    def ready(self) -> None:
        from siyu.console import help_pages, navigation, scope_switch, search_kinds, signins
        from siyu.console.web import customer_lists
        from siyu.kernel.registry import load_plugins

        navigation.register()
        search_kinds.register()
        scope_switch.register()
        help_pages.register()
        signins.connect()
        customer_lists.register()
        # Last of all packages, so that a plug-in finds every registry filled.
        load_plugins()

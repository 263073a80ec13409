"""`python -m siyu.warehouse.front`: the embedded warehouse in the foreground."""

from siyu.kernel import settings

from .server import serve

serve(settings.load())

"""Serves as `siyu web` does, with the addresses of `bench.bare.urls`."""

from __future__ import annotations

import gc

from siyu.api import limits
from siyu.cli.command import set_up_records
from siyu.cli.serving import serve_web
from siyu.kernel import settings as siyu_settings

if __name__ == "__main__":
    set_up_records()
    from django.conf import settings

    settings.ROOT_URLCONF = "bench.bare.urls"
    # Requests are counted as always, but nobody is refused for having asked often.
    limits.REQUESTS_PER_MINUTE = 10**9
    gc.collect()
    gc.freeze()
    serve_web(siyu_settings.load())

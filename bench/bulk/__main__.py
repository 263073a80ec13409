"""`python -m bench.bulk --customers N [--orders-per-customer X] [--seed S] [--until DAY] [--json]`"""

from __future__ import annotations

import argparse
import json
import os
import sys
from dataclasses import asdict
from datetime import date, timedelta


def main(arguments: list[str]) -> int:
    options = _options(arguments)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "siyu.config.settings")
    import django

    django.setup()
    from bench.bulk.loading import load
    from siyu.kernel import settings
    from siyu.kernel.clock import local_day, now
    from siyu.sandbox.demo.size import Size

    until = options.until or local_day(now(), settings.load().tz) - timedelta(days=1)
    loaded = load(Size(until, options.customers, options.seed, options.orders_per_customer))
    if options.json:
        print(json.dumps(asdict(loaded) | {"seconds": loaded.seconds, "rows_per_second": loaded.rows_per_second}))
        return 0
    print(
        f"{loaded.customers:,} customers, {loaded.people:,} people, {loaded.orders:,} orders, {loaded.rows:,} rows in "
        f"{loaded.seconds:,.0f} s ({loaded.rows_per_second:,.0f} rows/s): organisation "
        f"{loaded.organisation_seconds:,.0f} s, writing {loaded.writing_seconds:,.0f} s, indexes "
        f"{loaded.closing_seconds:,.0f} s"
    )
    return 0


def _options(arguments: list[str]) -> argparse.Namespace:
    from siyu.sandbox.demo.size import DEFAULT_ORDERS_PER_CUSTOMER, DEFAULT_SEED

    parser = argparse.ArgumentParser(prog="python -m bench.bulk")
    parser.add_argument("--customers", type=int, required=True)
    parser.add_argument("--orders-per-customer", type=float, default=DEFAULT_ORDERS_PER_CUSTOMER)
    parser.add_argument("--seed", type=int, default=DEFAULT_SEED)
    parser.add_argument("--until", type=date.fromisoformat)
    parser.add_argument("--json", action="store_true")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

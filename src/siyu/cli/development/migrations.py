"""Are the migrations in step with the models? `python -m siyu.cli.development.migrations`; touches no store."""

from __future__ import annotations

import sys
import tempfile


def main() -> int:
    from django.core.management import call_command

    try:
        call_command("makemigrations", check=True, dry_run=True, verbosity=2)
    except SystemExit as ended:
        return int(ended.code or 0)
    return 0


if __name__ == "__main__":
    import os

    from siyu.cli.command import set_up_records

    with tempfile.TemporaryDirectory(prefix="siyu-check-") as home:
        os.environ["SIYU_HOME"] = home
        set_up_records()
        sys.exit(main())

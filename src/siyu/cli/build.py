"""`python -m siyu.cli.build`: the files made from sources that are not in the repository. Called by the door."""

from __future__ import annotations

import sys

from siyu.ui.translations import compile_catalogues
from siyu.ui.vendor import FrontendMissing, ensure_frontend


def main() -> int:
    """Copies the front-end packages and compiles the catalogues; says what to do when that cannot be done."""
    try:
        ensure_frontend()
    except FrontendMissing as error:
        print(error, file=sys.stderr)
        return 1
    compile_catalogues()
    return 0


if __name__ == "__main__":
    sys.exit(main())

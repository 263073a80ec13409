"""Called by the door: `python -m siyu.cli.development test|check|bench [arguments]`."""

from __future__ import annotations

import sys

from siyu.cli.development import benches, checks, testing


def main(arguments: list[str]) -> int:
    match arguments:
        case ["test", *rest]:
            return testing.main(rest)
        case ["check"]:
            return checks.main()
        case ["bench", *rest]:
            return benches.main(rest)
    print("usage: ./siyu test [SET] | check | bench [NAME]", file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

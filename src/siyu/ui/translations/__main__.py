"""``python -m siyu.ui.translations extract|compile|check``"""

from __future__ import annotations

import sys

from siyu.ui.translations.catalogues import check_catalogue, compile_catalogues, update_catalogue

USAGE = "usage: python -m siyu.ui.translations extract|compile|check\n"


def main(arguments: list[str]) -> int:
    match arguments:
        case ["extract"]:
            added, removed = update_catalogue()
            sys.stdout.write(f"{added} added, {removed} removed\n")
        case ["compile"]:
            sys.stdout.write(f"{compile_catalogues()} catalogues compiled\n")
        case ["check"]:
            problems = check_catalogue()
            sys.stdout.write("".join(f"{problem}\n" for problem in problems))
            return 1 if problems else 0
        case _:
            sys.stderr.write(USAGE)
            return 2
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))

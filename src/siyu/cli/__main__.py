"""`python -m siyu.cli`: the program, for the supervisor's children."""

from siyu.cli.main import main

main()

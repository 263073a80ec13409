"""One module per command or group of commands; the table is in `siyu.cli.main`."""

"""The program `siyu`: every command, the supervisor, the doctor, and the developer's checks.

Owns: the command line, the process supervisor and its files under SIYU_HOME/run and SIYU_HOME/logs.
Words: command, supervisor, process, finding. Publishes and listens to nothing.
Limits: no rules of its own; a command parses, calls one service or query, and prints.

Adding a command
----------------
1. Write `siyu/cli/commands/<name>.py`::

       @command()
       @click.argument("file", type=click.Path(path_type=Path))
       @wait_option
       def orders(out: Output, file: Path, wait: bool) -> Answer:
           '''Import an order file.'''
           job_id = ingest.services.start_import(file=file)
           return follow_job(out, job_id) if wait else Answer({"job_id": job_id}, _("Started job %s.") % job_id)

   A group is a plain `click.Group(name, commands=[...])` of such commands.
2. Add one line to the table `COMMANDS` in `siyu/cli/main.py`: name, where it is, its line of help, and `records=True`
   if it touches records (Django is then set up before the module is imported, so imports stand at the top as usual).
   Nothing is imported before the command is used, which keeps `siyu --help` fast.

`@command` gives every command `--json` (one document on stdout; progress goes to stderr), turns an expected error
(`SiyuError`) into one translated line and exit code 1 (a problem document with `--json`), and prints the answer.
"""

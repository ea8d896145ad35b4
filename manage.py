#!/usr/bin/env python
"""Commands of the labeler: `manage.py help` lists them, `manage.py COMMAND --help` explains one.

Each works by itself: it brings the local database up to date and starts the local AWS where it needs them.
"""

import os
import sys

# Of Django's own commands, those that look at the tables.
NEED_TABLES = {"changepassword", "clearsessions", "createsuperuser", "dumpdata", "loaddata", "runserver", "shell"}


def main(argv: list[str]) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "labeler.settings")
    import django
    from django.core.management import execute_from_command_line, get_commands

    name = argv[1] if len(argv) > 1 else ""
    if name and not {"-h", "--help"} & set(argv):
        django.setup()
        if name in NEED_TABLES or str(get_commands().get(name, "")).startswith("labeler."):
            from labeler import database
            from pipeline.stack import StackError

            try:
                database.ready()
            except StackError as error:
                sys.exit(str(error))
    try:
        execute_from_command_line(argv)
        sys.stdout.flush()
    except BrokenPipeError:  # `… | head` has seen enough; what is left must not be written at the end either
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)


if __name__ == "__main__":
    main(sys.argv)

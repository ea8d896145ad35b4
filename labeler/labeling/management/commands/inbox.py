"""`manage.py inbox`: counts per project."""

import json
from argparse import ArgumentParser
from typing import Any

from labeler import command
from labeler.labeling import counts


class Command(command.Command):
    help = "Shows for each project its posts, the state of their tasks, and what has been answered."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="one JSON object: project → counts")

    def handle(self, *args: Any, **options: Any) -> None:
        found = counts.by_project()
        if options["json"]:
            self.stdout.write(json.dumps(found))
            return
        if not found:
            self.stdout.write("no project yet: manage.py project create SLUG")
            return
        width = max(len("project"), *map(len, found))
        heads = [name.replace("_", " ") for name in next(iter(found.values()))]
        self.stdout.write("  ".join(["project".ljust(width), *heads]))
        for slug, row in found.items():
            cells = [str(count).rjust(len(head)) for count, head in zip(row.values(), heads, strict=True)]
            self.stdout.write("  ".join([slug.ljust(width), *cells]))

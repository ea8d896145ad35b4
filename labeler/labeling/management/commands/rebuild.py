"""`manage.py rebuild`: the database from the buckets."""

import json
from argparse import ArgumentParser
from typing import Any

from tqdm import tqdm

from labeler import command
from labeler.labeling.recovery.rebuild import Rebuild


class Command(command.Command):
    help = (
        "Adds to the database what the buckets hold and it lacks: projects, posts, annotations, skips. Into an empty "
        "database it makes all of them. Passwords, sessions, drafts and leases are not in the buckets. May be broken "
        "off and run again."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="closing summary as one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        with tqdm(desc="read", unit=" objects", disable=None) as bar:
            run = Rebuild(bar.update)
            run.run()
        if options["json"]:
            self.stdout.write(json.dumps(run.counts))
        else:
            said = ", ".join(f"{count} {what}" for what, count in run.counts.items() if count)
            self.stdout.write(f"rebuilt: {said or 'the buckets are empty'}")

"""`manage.py reconcile`: the proof that database and buckets say the same."""

import json
import sys
from argparse import ArgumentParser
from typing import Any

from tqdm import tqdm

from labeler import command
from labeler.labeling.recovery import reconcile


class Command(command.Command):
    help = "Compares the database with the buckets; lists every difference and exits with 1 when there is one."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="closing summary as one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        count = 0
        with tqdm(desc="compared", unit=" rows", disable=None) as bar:
            for count, line in enumerate(reconcile.differences(bar.update), 1):  # noqa: B007
                self.stdout.write(line)
        self.stdout.write(json.dumps({"differences": count}) if options["json"] else f"differences: {count}")
        if count:
            sys.exit(1)

"""`manage.py reconcile`: the proof that database and buckets say the same."""

import json
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from tqdm import tqdm

from labeler import command
from labeler.labeling.recovery import reconcile
from labeler.labeling.recovery.comparison_progress import ComparisonProgress


class Command(command.Command):
    help = (
        "Compares the database with the buckets; lists every difference and exits with 1 when there is one. Writes to "
        "neither. What was found by one that was broken off is kept, for --resume to go on from there."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--resume", action="store_true", help="go on where the last one was broken off")
        parser.add_argument("--json", action="store_true", help="closing summary as one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        count = 0
        kept = ComparisonProgress(Path(settings.STATE_DIR) / "reconcile.jsonl", options["resume"])
        with tqdm(desc="compared", unit=" rows", disable=None) as bar:
            for count, line in enumerate(reconcile.differences(bar.update, kept), 1):  # noqa: B007
                self.stdout.write(line)
        kept.close()
        self.stdout.write(json.dumps({"differences": count}) if options["json"] else f"differences: {count}")
        if count:
            sys.exit(1)

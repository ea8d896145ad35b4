"""`manage.py worker`: what takes longer than a page, or must happen with nobody watching."""

import os
import signal
from argparse import ArgumentParser
from typing import Any

from labeler import command
from labeler.worker.loop import Worker
from pipeline.adapters.task_protection import protection


class Command(command.Command):
    help = (
        "Empties the posts' queue into the inbox, stores answers that S3 has not taken yet, and runs the commands "
        "of the work queue, until SIGTERM or Ctrl-C; what is in hand is finished first."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--once", action="store_true", help="do all that waits now, then end")

    def handle(self, *args: Any, **options: Any) -> None:
        worker = Worker(protection(os.environ))
        if options["once"]:
            worker.round(wait_seconds=0)
        else:
            for number in (signal.SIGTERM, signal.SIGINT):
                signal.signal(number, lambda *_: worker.stop())
            self.stdout.write("worker ready")
            worker.run()
        said = ", ".join(f"{count} {what}" for what, count in sorted(worker.done.items())) or "nothing to do"
        self.stdout.write(f"worker ended: {said}")

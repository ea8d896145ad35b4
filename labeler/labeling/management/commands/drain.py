"""`manage.py drain`: prepared posts from SQS into tasks."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError
from tqdm import tqdm

from labeler import command
from labeler.labeling import projects
from labeler.labeling.intake import inbox
from labeler.labeling.models import Assignment


class Command(command.Command):
    help = "Takes all prepared posts that wait in the queue into the inbox of their projects."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("project", nargs="?", help="say how many posts this project has waiting afterwards")

    def handle(self, *args: Any, **options: Any) -> None:
        project = projects.find(options["project"]) if options["project"] else None
        if options["project"] and project is None:
            raise CommandError(f"project: given {options['project']!r}, allowed: one that exists")
        with tqdm(desc="drained", unit=" posts", disable=None) as bar:
            outcomes = inbox.drain(progress=bar.update)
        said = ", ".join(f"{count} {outcome}" for outcome, count in sorted(outcomes.items())) or "nothing waited"
        self.stdout.write(f"drained: {said}")
        if project:
            waiting = Assignment.objects.filter(project=project, state=Assignment.State.OPEN).count()
            self.stdout.write(f"{project.slug}: {waiting} answers wanted")

"""`manage.py project create SLUG`: a project with the starter labels and tokenizer."""

from argparse import ArgumentParser
from typing import Any

from labeler import command
from labeler.labeling import projects


class Command(command.Command):
    help = "Makes a project with the starter label set, guidelines and tokenizer; nothing when it exists."

    def add_arguments(self, parser: ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True, metavar="create")
        create = actions.add_parser("create", help="make a project")
        create.add_argument("slug", help="its name in addresses and keys: a-z, 0-9 and -")
        create.add_argument("--name", default="", help="its name for people; the slug by default")

    def handle(self, *args: Any, **options: Any) -> None:
        project, new = projects.create(options["slug"], options["name"])
        labels = len(project.settings.labels)
        outcome = "made" if new else "exists"
        self.stdout.write(f"project {project.slug} {outcome}: {project.name}, {labels} labels, event {project.event}")

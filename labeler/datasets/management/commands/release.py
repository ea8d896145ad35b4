"""`manage.py release PROJECT`: the next version of a project's dataset."""

import json
import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError
from tqdm import tqdm

from labeler import command
from labeler.datasets.releases import builder, selection
from labeler.datasets.releases.options import DEFAULT_FORMATS, Options, shares
from labeler.datasets.releases.splits import SHARES
from labeler.labeling import projects
from pipeline.formats import catalog, units


class Command(command.Command):
    help = (
        "Publishes the labelled posts of a project as an immutable version with splits, files and a data card. Each "
        "file is read back and compared first. Broken off, the same command goes on where it was."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("project")
        parser.add_argument("--format", action="append", choices=catalog.WRITTEN, help=f"default: {DEFAULT_FORMATS}")
        parser.add_argument("--unit", choices=units.UNITS, default=units.WORD, help="what tags stand beside")
        parser.add_argument("--shares", default=",".join(f"{name}={share}" for name, share in SHARES.items()))
        parser.add_argument("--seed", type=int, default=1, help="of the splits")
        parser.add_argument("--licence", default="unknown", help="an SPDX name, or words")
        parser.add_argument("--language", action="append", default=[], help="only posts in this language (repeatable)")
        parser.add_argument("--source", action="append", default=[], help="only posts of this source (repeatable)")
        parser.add_argument("--gold", action="store_true", help="only answers that were decided on")
        parser.add_argument("--json", action="store_true", help="closing summary as one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        began = time.monotonic()
        project = projects.find(options["project"])
        if project is None:
            raise CommandError(f"project: given {options['project']!r}, allowed: one that `manage.py inbox` lists")
        formats = dict.fromkeys(["jsonl", *options["format"]] if options["format"] else DEFAULT_FORMATS)
        wanted = Options(
            formats=tuple(formats),
            unit=options["unit"],
            shares=shares(options["shares"]),
            seed=options["seed"],
            licence=options["licence"],
            filters=selection.Filters(tuple(options["language"]), tuple(options["source"]), options["gold"]),
        )
        release = builder.ask(project, wanted)
        with tqdm(desc=f"v{release.version}", unit=" posts", disable=None) as bar:
            try:
                builder.Build(release, bar.update).run()
            except builder.Broken as error:
                raise CommandError(f"v{release.version} is not published: {error}") from error
        manifest = release.manifest
        summary = {
            "project": project.slug,
            "version": manifest["version"],
            "posts": manifest["posts"],
            "splits": {name: one["posts"] for name, one in manifest["splits"].items()},
            "spans": sum(one["spans"] for one in manifest["splits"].values()),
            "excluded": manifest["excluded"],
            "dropped": manifest["dropped"],
            "files": len(manifest["files"]),
            "at": release.prefix,
            "seconds": round(time.monotonic() - began, 2),
        }
        said = "  ".join(f"{name}: {value}" for name, value in summary.items())
        self.stdout.write(json.dumps(summary) if options["json"] else said)

"""`manage.py export PROJECT`: labelled posts as a file."""

import contextlib
import json
import os
import shutil
import sys
import time
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any, BinaryIO, cast

from django.core.management.base import CommandError
from tqdm import tqdm

from labeler import command
from labeler.labeling import export
from labeler.labeling.models import Project
from pipeline.formats import catalog, units


class Command(command.Command):
    help = "Streams the labelled posts of a project: one record a labeler's current answer."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("project")
        parser.add_argument("--format", choices=catalog.WRITTEN, default="jsonl")
        parser.add_argument(
            "--unit",
            choices=units.UNITS,
            default=units.PIECE,
            help="what formats of tokens hold: the project's tokens (piece, by default), words, an import's own tokens",
        )
        parser.add_argument("-o", "--output", type=Path, help="file to write, whole or not at all; default: stdout")
        parser.add_argument("--json", action="store_true", help="closing summary as one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        project = Project.objects.filter(slug=options["project"]).first()
        if project is None:
            raise CommandError(f"project: given {options['project']!r}, allowed: one that `manage.py inbox` lists")
        began = time.monotonic()
        with tqdm(total=export.count(project), desc="exported", unit=" answers", disable=None) as bar:
            wanted = export.Export(project, options["format"], options["unit"], progress=bar.update)
            with _sink(options["output"]) as out:
                wanted.write(out)
        summary = {**wanted.summary(), "seconds": round(time.monotonic() - began, 2)}
        # With the data on stdout, the summary must not be in it.
        told = self.stdout if options["output"] else self.stderr
        told.write(json.dumps(summary) if options["json"] else "  ".join(f"{k}: {v}" for k, v in summary.items()))


@contextlib.contextmanager
def _sink(path: Path | None) -> Iterator[BinaryIO]:
    """Stdout, or a file that gets its name once it is complete."""
    if path is None:
        with TemporaryFile() as out:
            yield cast(BinaryIO, out)
            out.seek(0)
            shutil.copyfileobj(out, sys.stdout.buffer)
            sys.stdout.buffer.flush()
        return
    part = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with part.open("w+b") as out:
            yield out
        part.replace(path)
    except OSError as error:
        raise CommandError(f"{path}: {error.strerror}") from error
    finally:
        part.unlink(missing_ok=True)

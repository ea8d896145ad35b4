"""`manage.py export PROJECT`: labelled posts as a file."""

import contextlib
import json
import os
import shutil
import sys
import time
from argparse import ArgumentParser
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any, BinaryIO, cast

from django.core.management.base import CommandError
from tqdm import tqdm

from labeler import command
from labeler.datasets import exports
from labeler.datasets.releases import published
from labeler.labeling.models import Project
from pipeline.formats import alignment, catalog, units, writing
from pipeline.formats.record import Note, Record
from pipeline.schema import Label

SHOWN = 20  # notes printed
Source = Callable[[], Iterable[Record]]


class Command(command.Command):
    help = "Streams the labelled posts of a project: one record a labeler's current answer."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("project")
        parser.add_argument("--format", choices=catalog.WRITTEN, default="jsonl")
        parser.add_argument(
            "--unit",
            choices=units.UNITS,
            help="what formats of tokens hold: words (by default; labels inside one are widened to it, and counted), "
            "the project's tokens (piece; by default with --tokenizer), or an import's own tokens (source)",
        )
        parser.add_argument(
            "--flat",
            choices=writing.FLAT,
            default="",
            help="one column of tags of all layers: of labels that overlap only the outermost, innermost or longest",
        )
        parser.add_argument(
            "--release", default="", help="of a published version, v1 or latest, not of today's answers"
        )
        parser.add_argument("--split", default="", help="of the release: train, validation, test; default: all")
        parser.add_argument("--tokenizer", type=Path, help="tokens of a tokenizer.json or SentencePiece model instead")
        parser.add_argument("-o", "--output", type=Path, help="file to write, whole or not at all; default: stdout")
        parser.add_argument("--json", action="store_true", help="closing summary as one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        project = Project.objects.filter(slug=options["project"]).first()
        if project is None:
            raise CommandError(f"project: given {options['project']!r}, allowed: one that `manage.py inbox` lists")
        began = time.monotonic()
        records, total, labels, off = self._source(project, options)
        with tqdm(total=total, desc="exported", unit=" answers", disable=None) as bar:
            unit = options["unit"] or (units.PIECE if options["tokenizer"] else units.WORD)
            wanted = exports.Export(project, options["format"], unit, bar.update, records, labels, options["flat"])
            with _sink(options["output"]) as out:
                wanted.write(out)
        saved = {}
        beside = wanted.written.beside() if wanted.format.name == "conll" else None
        if beside and options["output"]:
            path = options["output"].with_name(options["output"].name + ".labels.json")
            path.write_text(json.dumps(beside, indent=2, ensure_ascii=False) + "\n")
            saved = {"beside": str(path)}
        summary = {**wanted.summary(), **off, **saved, "seconds": round(time.monotonic() - began, 2)}
        # With the data on stdout, the summary must not be in it.
        told = self.stdout if options["output"] else self.stderr
        told.write(json.dumps(summary) if options["json"] else "  ".join(f"{k}: {v}" for k, v in summary.items()))

    def _source(self, project: Project, options: dict[str, Any]) -> tuple[Source, int, tuple[Label, ...], Counter[str]]:
        """What to export: its records, their number, their label set; and counts that grow as they are aligned."""
        labels, off = project.settings.labels, Counter[str]()
        source: Source = partial(exports.answers, project)
        total = 0
        if options["release"]:
            release = published.find(project, options["release"])
            source, total = partial(published.records, release, options["split"]), release.manifest["posts"]
            labels = tuple(Label.from_json(one) for one in release.manifest["label_set"])
        elif options["split"]:
            raise CommandError(f"split: given {options['split']!r}, allowed: with --release")
        else:
            total = exports.count(project)
        if options["tokenizer"]:
            try:
                offsets = alignment.load(options["tokenizer"])
            except (alignment.TokenizerRefused, OSError) as error:
                raise CommandError(str(error)) from error
            source = partial(self._aligned, source, offsets, off)
        return source, total, labels, off

    def _aligned(self, source: Source, offsets: alignment.Offsets, off: Counter[str]) -> Iterator[Record]:
        off.clear()  # a second reading counts anew
        for number, one in enumerate(source()):

            def tell(note: Note, number: int = number) -> None:
                off[f"off_tokens_{note.outcome}"] += 1
                if off.total() <= SHOWN:
                    self.stderr.write(str(replace(note, row=number + 1)))

            yield from alignment.aligned([one], offsets, tell)


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

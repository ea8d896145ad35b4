"""`manage.py import PROJECT FILE`: posts, labelled or not, out of a file."""  # noqa: N999

import contextlib
import json
import time
from argparse import ArgumentParser
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any, BinaryIO

import orjson
from django.core.management.base import CommandError
from tqdm import tqdm

from labeler import command
from labeler.datasets.imports import files, importer
from labeler.datasets.imports.dry_run import survey
from labeler.datasets.imports.files import Options, source_of
from pipeline.formats import catalog, offsets
from pipeline.formats.options import Reading
from pipeline.formats.record import Note

SHOWN = 20  # notes printed; `--report` has them all


class Command(command.Command):
    help = (
        "Takes posts in from a file. Labels that came with them are stored as answers. What cannot be taken is named "
        "with its row, and the rest is taken. Broken off, the same command goes on where it was."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("project")
        parser.add_argument("file", type=Path, help="may be compressed by gzip")
        parser.add_argument("--format", choices=catalog.READ, required=True)
        parser.add_argument("--create", action="store_true", help="make the project, or the labels that it lacks")
        parser.add_argument("--dry-run", action="store_true", help="say what would be taken, and write nothing")
        parser.add_argument("--report", type=Path, help="write every note to this file, as JSON lines")
        parser.add_argument("--source", default="", help="whose the rows' own ids are; default: import:NAME-OF-FILE")
        parser.add_argument("--language", default="und", help="of rows that do not say theirs, as en or de")
        parser.add_argument("--text-field", default="", help="the field or column of the text")
        parser.add_argument("--label-field", default="", help="the field or column of the spans")
        parser.add_argument("--id-field", default="", help="the field or column of the id")
        parser.add_argument("--offsets", choices=offsets.UNITS, default=offsets.CODE_POINTS, help="what offsets count")
        parser.add_argument("--columns", default="", help="of CoNLL, as token,_,tags; default: found out from the file")
        parser.add_argument(
            "--comments", default="", help="what comments in CoNLL begin with, or none; default: found out"
        )
        parser.add_argument("--json", action="store_true", help="closing summary as one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        began = time.monotonic()
        path: Path = options["file"]
        settings = Options(
            Reading(**{field.name: options[field.name] for field in fields(Reading)}),
            options["source"] or source_of(path.name),
            options["language"],
            options["create"],
        )
        told = Notes(self.stderr.write)
        try:
            with path.open("rb") as file, told.report(options["report"]):
                work = self._survey if options["dry_run"] else self._run
                counts = work(options["project"], file, path.name, options["format"], settings, told)
        except OSError as error:
            raise CommandError(f"{error.filename or path}: {error.strerror or error}") from error
        told.close()
        summary = {"project": options["project"], "dry_run": options["dry_run"], **counts}
        summary["seconds"] = round(time.monotonic() - began, 2)
        said = "  ".join(f"{name.replace('_', ' ')}: {count}" for name, count in summary.items())
        self.stdout.write(json.dumps(summary) if options["json"] else said)

    def _run(self, slug: str, file: BinaryIO, name: str, form: str, options: Options, told: "Notes") -> dict[str, Any]:
        project = importer.project_for(slug, file, form, options)
        if project is None:
            raise CommandError(f"project: given {slug!r}, allowed: one that exists; --create makes it")
        imported = importer.begin(project, name, files.sha256_of(file), form, options)
        if imported.rows:
            self.stderr.write(f"going on after {imported.rows} rows")
        with tqdm(desc="imported", unit=" rows", disable=None) as bar:
            work = importer.Importer(imported, told, bar.update)
            work.all(file)
        return {name.replace(" ", "_"): count for name, count in sorted(work.counts.items())}

    def _survey(
        self, slug: str, file: BinaryIO, name: str, form: str, options: Options, told: "Notes"
    ) -> dict[str, Any]:
        counts: Counter[str] = Counter(rows=0, rows_taken=0, rows_refused=0)
        with tqdm(desc="read", unit=" rows", disable=None) as bar:
            for one in survey(slug, file, form, files.sha256_of(file), options, bar.update):
                counts["rows"] += 1
                counts["rows_taken" if one.ready else "rows_refused"] += 1
                if one.ready and (answer := one.ready.post.extra["imported"].get("answer")):
                    counts["answers"] += 1
                    counts["spans"] += len(answer["spans"])
                for note in one.notes:
                    counts[f"notes_{note.outcome}"] += 1
                    told(note)
        return dict(counts)


class Notes:
    """Prints the first notes, and writes all of them to a report where one is wanted."""

    def __init__(self, write: Callable[[str], object]) -> None:
        self._write, self._count = write, 0
        self._report: BinaryIO | None = None

    @contextlib.contextmanager
    def report(self, path: Path | None) -> Iterator[None]:
        if path is None:
            yield
            return
        with path.open("wb") as self._report:
            yield

    def __call__(self, note: Note) -> None:
        self._count += 1
        if self._count <= SHOWN:
            self._write(str(note))
        if self._report:
            self._report.write(orjson.dumps(note.to_json(), option=orjson.OPT_APPEND_NEWLINE))

    def close(self) -> None:
        if self._count > SHOWN:
            more = "" if self._report else "; --report FILE writes all of them"
            self._write(f"and {self._count - SHOWN} more notes{more}")

"""One run of an annotator over a file, into a folder; memory does not grow with the rows."""

import time
import zipfile
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import orjson

from pipeline.annotator.results import Summary
from pipeline.tokens import Tokenizer

from .inputs import Row, format_of, rows
from .plugin import Annotator, BadInput, Log
from .results import Annotated, checked

RESULTS, CONLL, SUMMARY, LOG = "results.jsonl", "results.conll", "summary.json", "log.txt"
Progress = Callable[[int, int], None]  # rows done, rows in all


def run(
    annotator: Annotator,
    source: Path,
    options: Mapping[str, Path],
    folder: Path,
    tokenizer: Tokenizer,
    progress: Progress = lambda done, total: None,
    begin_row: Callable[[], None] = lambda: None,
) -> Summary:
    """Writes results.jsonl (a row an input row, in order), results.conll, summary.json and log.txt into `folder`.

    The whole input is read once before anything is written, so that a bad last line is told early. Raises `BadInput`
    for what the owner of the file can mend; the log says it too.
    """
    folder.mkdir(parents=True, exist_ok=True)
    began = time.monotonic()
    with (folder / LOG).open("w", encoding="utf-8", errors="backslashreplace") as log_file:

        def log(line: str) -> None:
            log_file.write(f"{time.monotonic() - began:9.3f} s  {line}\n")
            log_file.flush()

        try:
            summary = _run(annotator, source, options, folder, tokenizer, progress, log, begin_row)
        except Exception as error:
            log(f"failed: {error}")
            raise
        summary.seconds = time.monotonic() - began
        (folder / SUMMARY).write_bytes(orjson.dumps(summary.to_json(), option=orjson.OPT_INDENT_2))
        log(f"done: {summary.rows:,} rows, {summary.spans:,} spans, {summary.refused.total():,} rows refused")
    return summary


def _run(
    annotator: Annotator,
    source: Path,
    options: Mapping[str, Path],
    folder: Path,
    tokenizer: Tokenizer,
    progress: Progress,
    log: Log,
    begin_row: Callable[[], None],
) -> Summary:
    missing = [option.name for option in annotator.options if option.required and option.name not in options]
    if missing:
        raise BadInput(f"annotator {annotator.name} needs {', '.join(missing)}")
    if format_of(source.name) not in annotator.formats:
        raise BadInput(f"file {source.name!r}: annotator {annotator.name} takes {', '.join(annotator.formats)}")
    log(f"annotator {annotator.name}, tokenizer {tokenizer.id.name} {tokenizer.id.version}")
    total = sum(1 for _ in rows(source, annotator.limits))
    log(f"{source.name}: {total:,} rows")
    summary = Summary(annotator.name)
    with (folder / RESULTS).open("wb") as results, (folder / CONLL).open("w", encoding="utf-8") as conll:
        for done in annotated(annotator, source, options, tokenizer, log, begin_row):
            summary.count(done)
            results.write(orjson.dumps(done.to_json(), option=orjson.OPT_APPEND_NEWLINE))
            conll.write(done.to_conll())
            if done.row.refused:
                log(f"row {done.row.number} refused: {done.row.refused}")
            progress(summary.rows, total)
    return summary


def annotated(
    annotator: Annotator,
    source: Path,
    options: Mapping[str, Path],
    tokenizer: Tokenizer,
    log: Log,
    begin_row: Callable[[], None] = lambda: None,
) -> Iterator[Annotated]:
    """Every row in order; refused ones pass by the annotator. `begin_row` is called before each text is given to it."""
    waiting: deque[Row] = deque()  # read already, not answered yet

    def texts() -> Iterator[str]:
        for row in rows(source, annotator.limits):
            waiting.append(row)
            if not row.refused:
                begin_row()
                yield row.text

    def refused() -> Iterator[Annotated]:
        while waiting and waiting[0].refused:
            yield Annotated(waiting.popleft(), None, ())

    given = texts()
    for spans in annotator.annotate(given, options, log):
        yield from refused()
        if not waiting:
            raise RuntimeError(f"annotator {annotator.name} gave more answers than it has read texts")
        row = waiting.popleft()
        yield Annotated(row, tokenizer.encode(row.text), checked(spans, row.text, annotator.name))
    next(given, None)  # one that ended before the texts did would leave the rest out unseen
    yield from refused()
    if waiting:
        raise RuntimeError(f"annotator {annotator.name} gave no answer for row {waiting[0].number}")


def bundle(folder: Path, target: Path) -> None:
    """All that a run wrote into `folder`, as one zip file."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name in (RESULTS, CONLL, SUMMARY, LOG):
            archive.write(folder / name, name)

"""Files after public bug reports of other tools: each is read as its list of right results says."""

from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

import orjson

from pipeline.formats.record import Row

FOLDER = "reports/formats"
ELSEWHERE = {"bomb2.parquet"}  # its limits are those of the whole command


@cache
def cases(data: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = orjson.loads((data / FOLDER / "expected.json").read_bytes())["cases"]
    return [case for case in found if case["file"] not in ELSEWHERE]


def shown(row: Row) -> tuple[Any, ...]:
    assert row.record is not None
    text = row.record.text
    spans = [(mark.start, mark.end, mark.label, text[mark.start : mark.end]) for mark in row.record.marks]
    return text, row.record.labelled, sorted(spans)


def wanted(record: dict[str, Any]) -> tuple[Any, ...]:
    spans = [(span["start"], span["end"], span["label"], span["text"]) for span in record["spans"]]
    return record["text"], record["labelled"], sorted(spans)


def by_text(found: Iterable[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    return sorted(found, key=repr)


def test_each_file_is_read_as_is_right(data: Path, read) -> None:
    """One test of all files: their names are not known where there is no data."""
    wrong = []
    for case in cases(data):
        rows = read(case["format"], (data / FOLDER / case["file"]).read_bytes())
        if error := differs(case["right"], rows):
            wrong.append(f"{case['file']}: {error}")
    assert not wrong, "\n".join(wrong)


def differs(right: dict[str, Any], rows: list[Row]) -> str:
    notes = " ".join(str(note) for row in rows for note in row.notes)
    found = by_text(shown(row) for row in rows if row.record)
    if missing := [word for word in right.get("note", ()) if word not in notes]:
        return f"no note says {missing}: {notes}"
    refused = [row.number for row in rows if row.record is None]
    if not set(refused) <= set(right.get("refused", refused)):  # some are refused later, as a second row of one id is
        return f"refused {refused}"
    if right.get("refused_named") and not refused:
        return "nothing is refused"
    if "answers" in right:
        spans = sum(len(row.record.marks) for row in rows if row.record)
        return "" if spans == right["spans"] else f"{spans} spans"
    if "records_include" in right:
        for one, (text, labelled, spans) in zip(by_text(map(wanted, right["records_include"])), found, strict=True):
            if (text, labelled) != one[:2] or not set(one[2]) <= set(spans):
                return f"{found}"
        return ""
    if "records" not in right and "records_any" not in right:
        return ""
    choices = right.get("records_any") or [right["records"]]
    if found not in [by_text(map(wanted, choice)) for choice in choices]:
        return f"{found} {notes}"
    people = {record["by"] for record in choices[0] if "by" in record}
    return "" if {row.record.by for row in rows if row.record and people} == people else "other people"

"""What the tests of formats share: reading from bytes, writing to bytes, and records of any shape."""

import io
from collections.abc import Callable, Iterable

import pytest

from pipeline.formats.catalog import FORMATS
from pipeline.formats.options import Reading
from pipeline.formats.record import Record, Row, Tally
from pipeline.formats.writing import write

Read = Callable[..., list[Row]]
Write = Callable[..., tuple[bytes, Tally]]


@pytest.fixture
def read() -> Read:
    def run(form: str, body: bytes, **options: str) -> list[Row]:
        return list(FORMATS[form].reader()(io.BytesIO(body), Reading(**options)))

    return run


@pytest.fixture
def written() -> Write:
    def run(form: str, records: Iterable[Record], unit: str = "source") -> tuple[bytes, Tally]:
        held = list(records)
        out = io.BytesIO()
        tally = write(FORMATS[form], lambda: held, out, labels_of(held), unit)
        return out.getvalue(), tally

    return run


def labels_of(records: Iterable[Record]) -> dict[str, tuple[str, ...]]:
    """The layers of the records with their labels, sorted."""
    layers: dict[str, set[str]] = {}
    for record in records:
        for mark in record.marks:
            layers.setdefault(mark.layer, set()).add(mark.label)
    return {layer: tuple(sorted(labels)) for layer, labels in sorted(layers.items())}

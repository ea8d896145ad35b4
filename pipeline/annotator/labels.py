"""The annotator `labels`: what people have already labelled, found again wherever the same words stand.

The score of a phrase is the share of its occurrences in the examples that bear its label: a word that is a skill in
one post and nothing in nine others is not proposed.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import orjson

from pipeline.annotator.text_file import lines
from pipeline.schema import SchemaError, Suggestion
from pipeline.schema.reading import objects, take

from .inputs import FORMATS
from .phrases import Known, Phrases, key
from .plugin import BadInput, Limits, Log, Option

MIN_SCORE = 0.5


class Labels:
    name = "labels"
    title = "Labels: what a project's labels already say"
    formats = FORMATS
    options = (Option("examples", "examples", "Labelled posts, JSON lines with text and spans", required=True),)
    limits = Limits()

    def annotate(self, texts: Iterable[str], options: Mapping[str, Path], log: Log) -> Iterator[Sequence[Suggestion]]:
        phrases = learn(options["examples"])
        log(f"labels: {phrases.size:,} phrases that bear their label in half of the places or more")
        for text in texts:
            yield [
                Suggestion(start, end, known.label, known.score, self.name) for start, end, known in phrases.find(text)
            ]


def learn(examples: Path) -> Phrases:
    """Reads the file twice, so that memory is that of the labelled phrases alone."""
    labelled: dict[str, Counter[str]] = {}
    for text, spans in _read(examples):
        for start, end, label in spans:
            if phrase := key(text[start:end]):
                labelled.setdefault(phrase, Counter())[label] += 1
    everywhere = Phrases((phrase, Known("")) for phrase in labelled)
    seen: Counter[str] = Counter()
    for text, _ in _read(examples):
        seen.update(key(text[start:end]) for start, end, _ in everywhere.find(text))
    found = []
    for phrase, labels in labelled.items():
        label, times = labels.most_common(1)[0]
        # A phrase inside a longer one is not seen by itself, so it may be labelled more often than seen.
        score = times / max(seen[phrase], labels.total())
        if score >= MIN_SCORE:
            found.append((phrase, Known(label, round(score, 4))))
    return Phrases(found)


def _read(path: Path) -> Iterator[tuple[str, list[tuple[int, int, str]]]]:
    for number, line in lines(path):
        try:
            value: dict[str, Any] = orjson.loads(line)
            text, given = take(value, "text", str), objects(value, "spans")
            spans = [(take(one, "start", int), take(one, "end", int), take(one, "label", str)) for one in given]
        except (orjson.JSONDecodeError, TypeError, AttributeError, SchemaError) as error:
            raise BadInput(f"examples, line {number}: no labelled post ({error!s:.120})") from error
        if not all(0 <= start < end <= len(text) and label for start, end, label in spans):
            raise BadInput(f"examples, line {number}: a span lies outside its text, or has no label")
        yield text, spans

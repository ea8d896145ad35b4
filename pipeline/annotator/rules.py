"""The annotator `rules`: a gazetteer and patterns, given as a file or the project's own list of skills."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from pipeline.schema import Suggestion

from . import rulefile
from .inputs import FORMATS
from .overlaps import settled
from .patterns import Patterns
from .phrases import Phrases
from .plugin import Limits, Log, Option

OWN_RULES = Path(__file__).with_name("skills.jsonl")


class Rules:
    name = "rules"
    title = "Rules: a list of phrases and patterns"
    formats = FORMATS
    options = (
        Option("rules", "rules", "Phrases and patterns as txt, csv or jsonl; without one, our own list of skills"),
    )
    limits = Limits()

    def annotate(self, texts: Iterable[str], options: Mapping[str, Path], log: Log) -> Iterator[Sequence[Suggestion]]:
        rules = list(rulefile.read(options.get("rules", OWN_RULES)))
        phrases = Phrases((text, known) for kind, text, known in rules if kind == "phrase")
        patterns = Patterns((text, known) for kind, text, known in rules if kind == "pattern")
        log(f"rules: {phrases.size:,} phrases ({phrases.repeated:,} given twice), {len(patterns):,} patterns")
        for text in texts:
            matches = [*phrases.find(text), *patterns.find(text)]
            yield [
                Suggestion(start, end, known.label, known.score, self.name) for start, end, known in settled(matches)
            ]

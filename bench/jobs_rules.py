"""The annotator `rules` against a bare loop of its own matcher, in processor time of this process alone."""

import json
import time
from collections.abc import Callable
from pathlib import Path

from bench.jobs_posts import texts
from pipeline import tokenizers
from pipeline.annotator import rules
from pipeline.annotator.patterns import Patterns
from pipeline.annotator.phrases import Phrases
from pipeline.annotator.rules import OWN_RULES, Rules
from pipeline.annotator.run import run

TRIES = 3  # the best of them counts


def measure(folder: Path, megabytes: float) -> dict[str, float]:
    """MB/s, and shares of the bare loop's speed."""
    source, size, path = texts(), 0, folder / "posts.jsonl"
    sample: list[str] = []
    with path.open("w", encoding="utf-8") as file:
        while size < megabytes * 1e6:
            text = next(source)
            sample.append(text)
            size += len(text.encode())
            file.write(json.dumps({"text": text}, ensure_ascii=False) + "\n")
    known = list(rules.read(OWN_RULES))
    phrases = Phrases((text, meaning) for kind, text, meaning in known if kind == "phrase")
    patterns = Patterns((text, meaning) for kind, text, meaning in known if kind == "pattern")

    def loop() -> None:
        for text in sample:
            list(phrases.find(text)), list(patterns.find(text))

    def annotator() -> None:
        for _ in Rules().annotate(sample, {}, lambda line: None):
            pass

    bare = min(_timed(loop) for _ in range(TRIES))
    alone = min(_timed(annotator) for _ in range(TRIES))
    tokenizer = tokenizers.default()
    whole = _timed(lambda: run(Rules(), path, {}, folder / "out", tokenizer))
    tokens = _timed(lambda: [tokenizer.encode(text) for text in sample])
    mb = size / 1e6
    return {
        "bare_loop_mb_s": round(mb / bare, 2),
        "annotator_mb_s": round(mb / alone, 2),
        "annotator_of_bare": round(bare / alone, 2),
        "tokenizing_alone_mb_s": round(mb / tokens, 2),
        "whole_run_mb_s": round(mb / whole, 2),
        "whole_run_of_bare_and_tokenizing": round((bare + tokens) / whole, 2),
    }


def _timed(work: Callable[[], object]) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began

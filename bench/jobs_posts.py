"""Posts to annotate: real ones where LABELMILL_DATA names them, else made from the project's own list of skills."""

import gzip
import itertools
import json
import os
import random
from collections.abc import Iterator
from pathlib import Path

from pipeline.annotator import rules
from pipeline.annotator.rules import OWN_RULES


def texts() -> Iterator[str]:
    """Without end."""
    data = os.environ.get("LABELMILL_DATA")
    if data:
        with gzip.open(Path(data) / "corpus" / "job_descriptions.jsonl.gz", "rt", encoding="utf-8") as file:
            found = [json.loads(line)["text"] for line in file]
    else:
        phrases = [text for kind, text, _ in rules.read(OWN_RULES) if kind == "phrase"]
        draw = random.Random(1)
        found = [
            " ".join(f"You know {draw.choice(phrases)} and care for the people you work with." for _ in range(30))
            for _ in range(500)
        ]
    return itertools.cycle(found)

"""The tokenizer that comes with the project."""

import json
from functools import lru_cache
from pathlib import Path

from pipeline.tokens import Tokenizer

MODELS = Path(__file__).resolve().parent.parent / "models"


@lru_cache(maxsize=1)
def default_tokenizer() -> Tokenizer:
    named = json.loads((MODELS / "default.json").read_text())
    return Tokenizer((MODELS / "default.model").read_bytes(), named["name"], named["version"])

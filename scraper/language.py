"""The language of a text."""

from functools import cache

from py3langid.langid import MODEL_FILE, LanguageIdentifier

UNKNOWN = "und"
ENOUGH = 20  # letters; below it a guess is a coin
SAMPLE = 2_000  # characters that are looked at: more changes no answer and costs time


@cache
def _identifier() -> LanguageIdentifier:
    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)


def of(text: str) -> str:
    """ISO 639-1 code of the language a text is most likely in; `und` where it is too short to tell."""
    sample = text[:SAMPLE]
    if sum(map(str.isalpha, sample)) < ENOUGH:
        return UNKNOWN
    code: str = _identifier().classify(sample)[0]
    return code if len(code) == 2 else UNKNOWN

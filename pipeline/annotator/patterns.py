"""Regular expressions given by users, run so that a careless one costs its job and nothing else."""

from collections.abc import Iterable, Iterator

import regex

from .phrases import Known
from .plugin import BadInput

SECONDS_A_TEXT = 2.0


def compiled(pattern: str) -> "regex.Pattern[str]":
    """Raises `ValueError` saying what is wrong and where."""
    try:
        return regex.compile(pattern, regex.IGNORECASE)
    except (regex.error, RecursionError) as error:
        raise ValueError(str(error)) from error


class Patterns:
    def __init__(self, patterns: Iterable[tuple[str, Known]]) -> None:
        """Raises `BadInput` naming the pattern that is not a regular expression."""
        self._patterns: list[tuple[regex.Pattern[str], Known]] = []
        for pattern, known in patterns:
            try:
                self._patterns.append((compiled(pattern), known))
            except ValueError as error:
                raise BadInput(f"pattern {pattern!r:.200} is no regular expression: {error}") from error

    def __len__(self) -> int:
        return len(self._patterns)

    def find(self, text: str) -> Iterator[tuple[int, int, Known]]:
        """Non-empty matches `(start, end, meaning)` of each pattern in turn. Raises `BadInput` when one backtracks for
        longer than `SECONDS_A_TEXT`."""
        for pattern, known in self._patterns:
            try:
                for match in pattern.finditer(text, timeout=SECONDS_A_TEXT):
                    if match.end() > match.start():
                        yield match.start(), match.end(), known
            except TimeoutError:
                raise BadInput(
                    f"pattern {pattern.pattern!r:.200} takes more than {SECONDS_A_TEXT:.0f} s on one text of "
                    f"{len(text):,} characters: nested repeats, as in (a+)+, are the usual cause"
                ) from None

"""Numbers that somebody gives, in an address or a form."""

MOST_DIGITS = 18  # any number of so many fits a column of keys


def read_number(given: str) -> int | None:
    """A whole number that the database takes; None for anything else."""
    return int(given) if given.isascii() and given.isdecimal() and len(given) <= MOST_DIGITS else None

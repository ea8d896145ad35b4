"""What people may call themselves: nothing that looks like another's name, and none that the system gives itself."""

import re

from django.core.validators import RegexValidator

# Of accounts that were deleted, that stand for who labelled an imported file, and that a rebuild found no name for.
LEFT, IMPORTED, UNNAMED = "left-", "import-", "labeler-"

# No letter outside ASCII, many of which look the same; no @, or one could be called by another's address.
_allowed = RegexValidator(
    re.compile(r"\A[A-Za-z0-9][A-Za-z0-9._+-]*\Z"),
    "A name is of the letters a to z, digits, and . _ + - after the first character.",
)
_reserved = RegexValidator(
    re.compile(rf"\A(?:{LEFT}|{IMPORTED}|{UNNAMED})", re.IGNORECASE),
    f"Names that begin with {LEFT}, {IMPORTED} or {UNNAMED} are the system's own: choose another.",
    inverse_match=True,
)
chosen = [_allowed, _reserved]  # of who signs up

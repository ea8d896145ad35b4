"""The one normalisation of text, done by the scraper or importer before any offset exists.

Offsets everywhere count code points of the text that `normalise` returns, as half-open ranges `[start, end)`.
"""

import hashlib
import re
import unicodedata

_NEWLINES = re.compile("\r\n?")
# Unicode category Cc without \t and \n. It never grows: the stability policy fixes it at 65 code points.
_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_CHANGED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
_SURROGATES = re.compile("[\ud800-\udfff]")


def normalise(text: str) -> str:
    """NFC with `\\n` line ends and no control characters but `\\n` and `\\t`; idempotent.

    A lone surrogate has no UTF-8 form, so it becomes U+FFFD, as an undecodable byte would have.
    """
    text = _CONTROLS.sub("", _NEWLINES.sub("\n", text))
    # Controls go first: one between a letter and its accent would hide the pair from NFC.
    return unicodedata.normalize("NFC", _SURROGATES.sub("\ufffd", text))


def is_normalised(text: str) -> bool:
    """True where `normalise` changes nothing; many times quicker than normalising."""
    return not _CHANGED.search(text) and unicodedata.is_normalized("NFC", text)


def revision(text: str) -> str:
    """SHA-256 of a normalised text, in hexadecimal: the name of what exactly was labelled."""
    return hashlib.sha256(text.encode()).hexdigest()

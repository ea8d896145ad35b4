"""Bytes to text, whatever the page says of itself."""

import pytest

from pipeline.web.page import decode


@pytest.mark.parametrize(
    ("body", "content_type", "text", "misdeclared"),
    [
        ("né".encode(), "text/html; charset=utf-8", "né", False),
        ("né".encode(), "text/html", "né", False),
        ("né".encode("latin-1"), "text/html; charset=iso-8859-1", "né", False),
        ("“né”".encode("cp1252"), "text/html; charset=ISO-8859-1", "“né”", False),
        (
            b'<meta charset="windows-1251">' + "Работа".encode("cp1251"),
            "text/html",
            '<meta charset="windows-1251">Работа',
            False,
        ),
        (
            b'<?xml version="1.0" encoding="ISO-8859-1"?><a>\xe9</a>',
            "",
            '<?xml version="1.0" encoding="ISO-8859-1"?><a>é</a>',
            False,
        ),
        ("\ufeffné".encode("utf-16"), "text/html; charset=utf-8", "\ufeffné", False),
        (b"\xef\xbb\xbfn\xc3\xa9", "text/html; charset=latin-1", "né", False),
        # The header says UTF-8, the page is Windows-1252 throughout.
        ("né “Büro”".encode("cp1252"), "text/html; charset=utf-8", "né “Büro”", True),
        # The header says Shift JIS, the page is UTF-8.
        ("né “Büro” 東京".encode(), "text/html; charset=shift_jis", "né “Büro” 東京", True),
        # UTF-8 with a broken byte in it.
        ("né ".encode() + b"\xff" + "ü".encode(), "text/html; charset=utf-8", "né \ufffdü", True),
        (b"plain", "text/html; charset=no-such-thing", "plain", False),
        (b"plain", "text/html; charset=rot13", "plain", False),
        (b"xn--a \xff", "text/html; charset=idna", "xn--a ÿ", True),
        (b"\\ud800", "text/html; charset=unicode-escape", "\\ud800", False),
        (b"plain", "text/html; charset=undefined", "plain", False),
        (
            b'<?xml version="1.0" encoding="utf-16"?><a>\xc3\xa9</a>',
            "",
            '<?xml version="1.0" encoding="utf-16"?><a>é</a>',
            False,
        ),
        (b"", "", "", False),
    ],
)
def test_decoding(body: bytes, content_type: str, text: str, misdeclared: bool) -> None:
    found = decode(body, content_type)
    assert (found.text, found.misdeclared) == (text, misdeclared)

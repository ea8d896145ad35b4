"""A click takes the word a person means, and no token lies across its end, whatever the model."""

import json
import time
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from pipeline import tokenizers
from pipeline.atoms import atoms, clusters
from pipeline.commands.tokenizer import encoded
from pipeline.text import normalise
from pipeline.tokens import REGULAR, Tokenizer
from pipeline.words import units
from tests.pipeline.test_tokens import TOKENIZERS

SHIPPED = tokenizers.default()

# language, text, its units with a blank between them (a blank in a unit is written ⍽)
EXAMPLES = """\
en | C++, C# and C. | C++ , C# and C .
en | C/C++ | C / C++
en | C++17 or C++20 | C++17 or C++20
en | F#/.NET | F# / .NET
en | (.NET, ASP.NET) | ( .NET , ASP.NET )
en | Asp.Net Core 8. | Asp.Net Core 8 .
en | node.js/express | node.js / express
en | Vue.js. | Vue.js .
en | scikit-learn; | scikit-learn ;
en | Objective-C, T-SQL | Objective-C , T-SQL
en | CI/CD, UI/UX | CI/CD , UI/UX
en | PL/SQL or TCP/IP on S/4HANA. | PL/SQL or TCP/IP on S/4HANA .
en | AWS/GCP/Azure | AWS / GCP / Azure
en | R&D, Q&A | R&D , Q&A
en | Notepad++ (text) | Notepad++ ( text )
en | Python3.12 snake_case | Python3.12 snake_case
en | pandas>=2.1 | pandas > = 2.1
en | a+b | a + b
en | €3,500–€4,200. | €3,500 – €4,200 .
en | 58,000–66,000 | 58,000–66,000
en | $120k/year | $120k / year
de | 3.500,00€ | 3.500,00€
fr | 3⍽500 € brut | 3⍽500 € brut
en | 24/7, 365 | 24/7 , 365
en | 3-5 years, 5+ years | 3-5 years , 5+ years
en | 80% (80 %) | 80% ( 80 % )
en | 09:00–17:30 on 01/20/2027 | 09:00–17:30 on 01/20/2027
en | at 20°C, 50 km/h | at 20°C , 50 km/h
en | +45 70 10 | +45 70 10
en | English B2+. B2.We | English B2+ . B2 . We
en | experience.The team | experience . The team
en | a Ph.D. or B.Sc. e.g. Excel | a Ph.D. or B.Sc. e.g. Excel
en | Acme Inc. | Acme Inc .
en | and so on... | and so on ...
en | jobs@north-wind.example. | jobs@north-wind.example .
en | https://a.example/x?y=1. | https://a.example/x?y=1 .
en | (www.a.example/b(c)) | ( www.a.example/b(c) )
en | see a.example, @mill #remote | see a.example , @mill #remote
en | full- and part-time | full - and part-time
en | driver’s licence | driver’s licence
en | rock 'n' roll | rock ' n ' roll
en | skill(s) and/or | skill(s) and / or
fr | l’équipe d'Excel aujourd'hui | l’ équipe d' Excel aujourd'hui
it | dell'ufficio | dell' ufficio
de | Entwickler:in (m/w/d) | Entwickler:in ( m/w/d )
de | Zerspaner/in, Bäcker/-in | Zerspaner/in , Bäcker/-in
de | Lehrer(innen) Mitarbeiter*innen | Lehrer(innen) Mitarbeiter*innen
ko | Python을 3년 | Python 을 3 년
he | צה"ל, ת״א | צה"ל , ת״א
ar | خبرة (5) سنوات، | خبرة ( 5 ) سنوات ،
ja | データベース設計 | データベース 設 計
en | 👩‍💻 team 🇩🇰🇫🇷 | 👩‍💻 team 🇩🇰 🇫🇷
en | x⍽y | x y
"""


@pytest.mark.parametrize(("language", "text", "wanted"), [line.split(" | ") for line in EXAMPLES.splitlines()])
def test_units_are_the_words_that_people_mean(language: str, text: str, wanted: str) -> None:
    text = text.replace("⍽", "\u202f")
    assert [text[start:end] for start, end in units(text, language)] == [
        one.replace("⍽", "\u202f") for one in wanted.split(" ")
    ]


def test_what_people_label_falls_on_edges_and_their_words_are_one(data: Path) -> None:
    folder = data / "reports" / "tokens"
    for case in json.loads((folder / "expected.json").read_text())["cases"]:
        if not case.get("file"):
            continue
        rows = [json.loads(line) for line in (folder / case["file"]).read_text().strip().split("\n")]
        found: dict[str, Any] = {row["id"]: encoded(SHIPPED, row["text"], row["language"]) for row in rows}
        for edge in case["right"]["edges"]:
            row = found[edge["row"]]
            assert edge["start"] in row["starts"], edge
            assert edge["end"] in row["ends"], edge
        for word in case["right"].get("words", ()):
            row = found[word["row"]]
            inside = zip(row["starts"], row["ends"], row["words"], strict=True)
            assert len({one for start, end, one in inside if word["start"] <= start and end <= word["end"]}) == 1, word


AWKWARD = st.text(
    st.sampled_from("aB2é\u0301.,:;/+#&'’-–()€%°@ \n\u00a0\u202f\u200b\u200d\u2028的ไทยデー한글م😀👍🏽🇩🇪\ufe0f_"),
    max_size=40,
)


@pytest.mark.parametrize("tokenizer", TOKENIZERS, ids=lambda one: one.id.name)
@given(raw=AWKWARD)
def test_tokens_are_a_finer_cut_of_atoms_and_units_of_tokens(tokenizer: Tokenizer, raw: str) -> None:
    text = normalise(raw)
    tokens = tokenizer.encode(text, "fr")
    ranges = tokens.ranges()
    found = {(start, end) for start, end, _ in atoms(text)}
    starts, ends = {start for start, _ in ranges}, {end for _, end in ranges}
    assert all(start in starts and end in ends for start, end in found)
    assert all(any(first <= start and end <= last for first, last in found) for start, end in ranges)
    assert starts <= {*clusters(text), *(start for start, _ in found)}
    taken = [
        [pair for pair, _ in run] for _, run in groupby(zip(ranges, tokens.words, strict=True), lambda one: one[1])
    ]
    firsts = {one[0][0] for one in taken}
    assert {start for start, _ in units(text, "fr")} & starts == firsts


def test_the_short_cut_takes_no_character_that_makes_one_with_its_neighbour() -> None:
    allowed = regex.compile(f"[{REGULAR}]")
    joining = regex.compile(
        r"[\p{GCB=Extend}\p{GCB=ZWJ}\p{GCB=SpacingMark}\p{GCB=Prepend}\p{GCB=RI}]|[^\S \n\t]|\u200b"
    )
    assert not [hex(code) for code in range(0x110000) if joining.match(chr(code)) and allowed.match(chr(code))]


def test_the_shipped_model_holds_no_piece_that_glues() -> None:
    pieces = [one for one in SHIPPED.pieces() if not one.startswith("<")]
    assert len(pieces) > 3_000
    assert [one for one in pieces if len(atoms(one.replace("\u2581", " "))) > 1] == []


@pytest.mark.parametrize(
    "part", ["a", "a.", "aa.", "a-", "(", ")", "+", "@", "a@b.", "🇩", "www.a)", "://", "1,", "的", "e\u0301"]
)
def test_time_grows_with_the_text_and_not_with_its_square(part: str) -> None:
    started = time.process_time()
    SHIPPED.encode(normalise(part * (60_000 // len(part))))
    assert time.process_time() - started < 5

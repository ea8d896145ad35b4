"""The postings of the sample site: enough of them, varied, and counted right."""

import re
from collections import Counter
from dataclasses import replace
from itertools import combinations
from pathlib import Path

import pytest

from demo.site import Expected, content, expected
from demo.site.expected import of_postings

POSTINGS = content.load()


def words(text: str) -> list[str]:
    return re.findall(r"\w+", text.lower())


def test_there_are_sixty_postings_in_three_languages() -> None:
    languages = Counter(one.employer.language for one in POSTINGS)
    assert len(POSTINGS) >= 60
    assert languages.keys() == {"en", "de", "fr"}
    assert min(languages.values()) / len(POSTINGS) >= 0.2


@pytest.mark.parametrize("one", POSTINGS, ids=lambda one: one.path)
def test_a_posting_is_as_long_as_real_ones(one: content.Posting) -> None:
    assert 150 <= len(one.text.split()) <= 600


def test_no_posting_is_another_one_with_words_exchanged() -> None:
    grams = {}
    for one in POSTINGS:
        own = words(one.text)
        grams[one.id] = {tuple(own[at : at + 4]) for at in range(len(own) - 3)}
    for (first, some), (second, others) in combinations(grams.items(), 2):
        assert len(some & others) / min(len(some), len(others)) < 0.05, (first, second)


def test_ids_are_unique_on_the_site_and_one_posting_has_two_addresses() -> None:
    assert len({one.id for one in POSTINGS}) == len(POSTINGS)
    paths = [path for one in POSTINGS for path in one.paths]
    assert len(set(paths)) == len(paths) == len(POSTINGS) + 1


def test_revision_2_changes_the_text_of_one_posting_and_no_id() -> None:
    before, after = ({one.id: one for one in content.load(revision)} for revision in (1, 2))
    changed = [key for key, one in before.items() if after[key].text != one.text]
    assert before.keys() == after.keys()
    assert len(changed) == 1
    assert expected(revision=2) == expected(revision=1)


def test_what_real_postings_hold_is_there() -> None:
    texts = "\n".join(one.text for one in POSTINGS)
    for sign in ("|---|", "\n  - ", "\n1. ", "\n> ", " & ", "<", "📚", "§", "ß", "œ", "«\N{NO-BREAK SPACE}", "₂"):
        assert sign in texts, sign


def test_expected_counts_addresses_ids_and_languages() -> None:
    one = next(one for one in POSTINGS if one.employer.language == "de")
    twice = replace(one, id="2", also_at=("/a", "/b"))
    french = replace(one, id="3", employer=replace(one.employer, language="fr"))
    assert of_postings([one, twice, french]) == Expected(scraped=5, unique=3, languages={"de": 2, "fr": 1})


def test_an_unknown_revision_is_refused_with_what_is_allowed() -> None:
    with pytest.raises(content.ContentError, match=r"given 3, allowed: 1, 2"):
        content.load(3)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("no front matter", "x.md"),
        ("+++\nid = 1\n+++\nText\n", "missing"),
        ("+++\nid = \n+++\nText\n", "x.md: Invalid value"),
        ("+++\nsalary = 1\n+++\nText\n", "salary"),
    ],
)
def test_a_file_that_cannot_be_used_is_named(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "x.md").write_text(text)
    with pytest.raises(content.ContentError, match=said):
        content.posting(POSTINGS[0].employer, "x", tmp_path / "x.md")

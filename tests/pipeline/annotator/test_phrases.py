from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from pipeline.annotator.phrases import Known, Phrases, fold, key

SKILL = Known("Skill")


def found(phrases: Sequence[str], text: str) -> list[str]:
    return [text[start:end] for start, end, _ in Phrases((one, SKILL) for one in phrases).find(text)]


def test_the_longest_phrase_wins_and_the_shorter_inside_is_not_given() -> None:
    assert found(["project", "project management", "management software"], "Project management software") == [
        "Project management"
    ]


def test_a_phrase_that_almost_matches_does_not_hide_one_inside_it() -> None:
    assert found(["a b c d", "b c"], "x a b c x") == ["b c"]


def test_phrases_stand_on_word_edges_only() -> None:
    assert found(["art", "java"], "start JavaScript, Java. art!") == ["Java", "art"]


def test_case_accents_and_line_ends_do_not_matter() -> None:
    assert found(["gestion de projet", "Élan"], "GESTION DE\n  PROJET, elan, E\u0301LAN") == [
        "GESTION DE\n  PROJET",
        "elan",
        "E\u0301LAN",
    ]


def test_c_and_its_namesakes_are_different_words() -> None:
    assert found(["C", "C++", "C#"], "C, C++ and C#") == ["C", "C++", "C#"]
    assert found(["C"], "C++") == []


def test_scripts_without_blanks_match_anywhere() -> None:
    assert found(["漢字", "ไทย"], "この漢字とภาษาไทย") == ["漢字", "ไทย"]


def test_indic_vowel_signs_are_kept_by_folding() -> None:
    assert fold("कि") != fold("क")


def test_sharp_s_is_double_s() -> None:
    assert found(["Strasse"], "Straße") == ["Straße"]


def test_offsets_count_code_points_after_emoji() -> None:
    assert list(Phrases([("baker", SKILL)]).find("😀👩‍🍳 baker")) == [(5, 10, SKILL)]


def test_the_first_meaning_of_a_phrase_stands() -> None:
    phrases = Phrases([("Go", Known("Tool")), ("go", Known("Skill"))])
    assert (phrases.size, phrases.repeated) == (1, 1)
    assert [known.label for _, _, known in phrases.find("GO")] == ["Tool"]


words = st.lists(st.sampled_from(["a", "b", "c", "Ä", "漢", "-"]), min_size=1, max_size=5)


@given(st.lists(words, max_size=8), st.lists(st.sampled_from(["a", "b", "c", "ä", "漢", "-", "z"]), max_size=30))
def test_it_finds_what_trying_every_phrase_at_every_word_finds(phrases: list[list[str]], text: list[str]) -> None:
    known = {tuple(fold(word) for word in phrase) for phrase in phrases}
    expected, at = [], 0
    while at < len(text):
        lengths = [n for n in range(1, len(text) - at + 1) if tuple(fold(word) for word in text[at : at + n]) in known]
        if lengths:
            expected.append((at, at + max(lengths)))
        at += max(lengths, default=1)
    # One character a word and a blank between: offsets are twice the words'.
    joined = " ".join(text)
    spans = [(s // 2, (e + 1) // 2) for s, e, _ in Phrases((" ".join(p), SKILL) for p in phrases).find(joined)]
    assert spans == expected


@given(st.text())
def test_any_text_is_searched_and_found_whole(text: str) -> None:
    spans = list(Phrases([(text, SKILL)]).find(text))
    assert [key(text[start:end]) for start, end, _ in spans] == ([key(text)] if key(text) else [])

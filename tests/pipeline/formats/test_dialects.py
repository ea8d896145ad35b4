"""What other tools write: each dialect is read as it is meant, or refused with what it could mean."""

import json
from typing import Any

import pytest

from pipeline.formats.record import Record


def spans(record: Record) -> list[tuple[str, str]]:
    return [(record.text[mark.start : mark.end], mark.label) for mark in record.marks]


CONLL = {
    "a hash as a token": ("# O\nJava B-L\n\n# B-L\nnow O\n", [[("Java", "L")], [("#", "L")]]),
    "comments with as many blanks": ("# id 7 domain=en\nRust _ _ B-L\nruns _ _ O\n", [[("Rust", "L")]]),
    "numbers of words": ("1\tKim\tB-P\tO\n2\truns\tO\tO\n\n1\tOslo\tB-C\tO\n", [[("Kim", "P")], [("Oslo", "C")]]),
    "suffixes": ("Kim P-B\nLee P-I\nruns O\n", [[("Kim Lee", "P")]]),
    "tags without a prefix": ("no\tO\n\nKim\tperson-poet\nLee\tperson-poet\nBonn\tplace\n", [[], [("Kim Lee", "person-poet"), ("Bonn", "place")]]),  # noqa: E501
    "blanks of all kinds in tokens": ("5\u00a0000\tB-M\n\u3000x\tI-M\na\u2028b\tO\n", [[("5\u00a0000 \u3000x", "M")]]),
    "ends of older Macs": ("Kim B-P\rruns O\r\rOslo B-C\r", [[("Kim", "P")], [("Oslo", "C")]]),
    "tabs at the end": ("Kim\tB-P\t\t\nLee\tI-P\nruns\tO\t\n", [[("Kim Lee", "P")]]),
    "documents without blank lines": ("-DOCSTART- -X- O\nKim NN B-P\n-DOCSTART- -X- O\nLee NN B-P\n", [[("Kim", "P")], [("Lee", "P")]]),  # noqa: E501
    "CoNLL-U": (
        "# text = del mar\n1-2\tdel\t_\t_\t_\t_\t_\t_\t_\t_\n1\tde\t_\t_\t_\t_\t_\t_\t_\tNER=O\n"
        "2\tel\t_\t_\t_\t_\t_\t_\t_\tNER=B-X|SpaceAfter=No\n",
        [[("el", "X")]],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CONLL)
def test_a_dialect_of_conll_is_read(name: str, read) -> None:
    body, wanted = CONLL[name]
    assert [spans(row.record) for row in read("conll", body.encode())] == wanted


def test_conll_that_can_be_read_in_two_ways_is_refused_with_both(read) -> None:
    body = b"New York\tB-C\nOld Town\tB-C\n"
    (row,) = read("conll", body)
    assert row.record is None
    assert "by tabs ['New York', 'B-C'], by blanks ['New', 'York', 'B-C']" in row.notes[0].allowed
    (row,) = read("conll", body, columns="token,tags")
    assert spans(row.record) == [("New York", "C"), ("Old Town", "C")]


def test_conll_without_tags_that_are_known_is_refused(read) -> None:
    (row,) = read("conll", b"Kim NN\nruns VB\n")
    assert row.record is None
    assert "--columns" in row.notes[0].allowed


def test_what_begins_a_comment_may_be_said(read) -> None:
    (row,) = read("conll", b"% B-X\nKim B-P\n", comments="%")
    assert row.record.text == "Kim"


def test_chunks_are_a_layer_of_their_own(read) -> None:
    (row,) = read("conll", b"Kim NNP B-NP B-PER\nruns VBZ B-VP O\n")
    assert {(mark.layer, mark.label) for mark in row.record.marks} == {("chunks", "NP"), ("chunks", "VP"), ("", "PER")}


WEBANNO = r"""#FORMAT=WebAnno TSV 3.2
#T_SP=de.example.NamedEntity|identifier|value
#T_SP=webanno.custom.Skill|
#T_RL=de.example.Dependency|kind|BT_de.example.NamedEntity


#Text=😀 Kim Lee [x] a\tb Go.
1-1	0-2	😀	_	_	_	_	_
1-2	3-6	Kim	*[1]	PER[1]|A\|B[2]	_	_	_
1-3	7-10	Lee	*[1]	PER[1]	_	nsubj	1-2[2_0]
1-4	11-14	\[x\]	http://e[3]	LOC[3]	*	_	_
1-5	15-18	a\tb	_	_	_	_	_
1-6	19-22	Go.	_	_	_	_	_
1-6.1	19-21	Go	*	LANG	_	_	_
"""


def test_webanno_3_is_read_with_its_escapes_and_what_is_stacked(read) -> None:
    (row,) = read("webanno", WEBANNO.encode())
    assert row.record.text == "😀 Kim Lee [x] a\tb Go."
    assert sorted(spans(row.record)) == [
        ("Go", "LANG"),
        ("Kim", "A|B"),
        ("Kim Lee", "PER"),
        ("[x]", "Skill"),
        ("[x]", "http://e"),
    ]
    said = {note.field for note in row.notes}
    assert said == {"NamedEntity", "Dependency"}


def task(**fields: Any) -> bytes:
    return json.dumps([{"id": 3, **fields}]).encode()


def region(start: int, end: int, text: str | None, **fields: Any) -> dict[str, Any]:
    value = {"start": start, "end": end, "labels": ["L"], **({} if text is None else {"text": text})}
    return {"from_name": "label", "to_name": "text", "type": "labels", "value": value, **fields}


def test_a_region_of_another_field_is_never_laid_on_this_one(read) -> None:
    result = [region(0, 2, "We", to_name="title"), region(3, 7, "code", to_name="text")]
    (row,) = read("label-studio", task(data={"title": "We", "text": "We code"}, annotations=[{"result": result}]))
    assert spans(row.record) == [("code", "L")]
    assert "'title'" in row.notes[0].given


@pytest.mark.parametrize("copy", ["a b", "a\\n  b", "a\u00a0b", "a\n\nb"])
def test_a_copy_that_differs_in_blanks_alone_is_no_contradiction(copy: str, read) -> None:
    (row,) = read("label-studio", task(data={"text": "x a \n b"}, annotations=[{"result": [region(2, 7, copy)]}]))
    assert spans(row.record) == [("a \n b", "L")]


@pytest.mark.parametrize("predictions", [1, "x", {"result": []}, [1], [[2]], True])
def test_predictions_of_any_shape_are_named(predictions: object, read) -> None:
    (row,) = read("label-studio", task(data={"text": "x"}, predictions=predictions, annotations=[{"result": []}]))
    assert row.record.labelled
    assert [note.field for note in row.notes] == ["predictions"]


def test_json_min_is_read(read) -> None:
    values = [{"start": 0, "end": 3, "text": "Kim", "labels": ["A", "B"]}]
    (row,) = read("label-studio", task(text="Kim runs", who=values, annotator=4, annotation_id=9))
    assert (spans(row.record), row.record.by) == ([("Kim", "A"), ("Kim", "B")], "4")


def test_people_of_an_old_doccano_export_are_kept_apart(read) -> None:
    spans_of = [{"label": 7, "start_offset": 0, "end_offset": 3, "user": user} for user in (1, 2)]
    rows = read("doccano", json.dumps({"text": "Kim", "annotations": spans_of}).encode())
    assert [(row.record.by, spans(row.record)) for row in rows] == [("1", [("Kim", "7")]), ("2", [("Kim", "7")])]


def test_several_peoples_answers_in_prodigy_are_of_one_post(read) -> None:
    value = {"text": "Kim", "_input_hash": -5, "spans": [], "answer": "accept"}
    rows = read("prodigy", b"\n".join(json.dumps({**value, "_annotator_id": who}).encode() for who in "ab"))
    assert [(row.record.id, row.record.by) for row in rows] == [("-5", "a"), ("-5", "b")]


def test_what_nobody_looked_at_is_no_answer(read) -> None:
    def document(*ner: str | None) -> bytes:
        tokens = [{"orth": "x", "ner": one} for one in ner]
        return json.dumps([{"paragraphs": [{"sentences": [{"tokens": tokens}]}]}]).encode()

    labelled = [
        read("spacy-json", document(*ner))[0].record.labelled for ner in (("O", "-"), (None,), ("U-A", "-"), ("O",))
    ]
    assert labelled == [False, False, True, True]

"""Pages made of real postings, and what is expected of a folder of pages."""

import json
import os
import subprocess
import sys
from pathlib import Path

import lxml.html
import pytest

from demo.site import Expected, expected
from demo.site.expected import postings_in

ROOT = Path(__file__).resolve().parents[2]


def make(*arguments: str | Path, **env: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, ROOT / "tests" / "postings_site.py", *arguments]
    clean = {name: value for name, value in os.environ.items() if name != "LABELMILL_DATA"}
    return subprocess.run(command, capture_output=True, text=True, env=clean | env)


def corpus(folder: Path, *texts: str) -> Path:
    file = folder / "corpus.jsonl"
    rows = [
        {"id": f"x:{at}", "title": f"Job {at} </script>&", "lang": "en", "source": "x", "text": text}
        for at, text in enumerate(texts)
    ]
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return file


def test_real_postings_become_pages_that_are_all_expected(data: Path, tmp_path: Path) -> None:
    made = make(tmp_path, LABELMILL_DATA=str(data))
    assert made.returncode == 0, made.stderr
    lines = (data / "corpus" / "job_descriptions_sample.jsonl").read_bytes().count(b"\n")
    assert made.stdout == f"{lines} postings in {tmp_path}\n"
    found = expected(tmp_path)
    assert (found.scraped, found.unique) == (lines, lines)
    links = lxml.html.fromstring((tmp_path / "index.html").read_bytes()).xpath("//a/@href")
    assert sorted(links) == sorted(file.name for file in tmp_path.glob("0*.html"))


@pytest.mark.parametrize("text", ["a < b & c\r\n\r\nd\re", "</script><!-- é 🦫", "\x0c \u2028 \ud800 tab\t"])
def test_a_text_survives_being_made_a_page(tmp_path: Path, text: str) -> None:
    made = make(tmp_path / "site", corpus(tmp_path, text))
    assert made.returncode == 0, made.stderr
    (file,) = (tmp_path / "site").glob("0*.html")
    (job,) = postings_in(lxml.html.fromstring(file.read_text("utf-8")))
    shown = lxml.html.fromstring(job["description"].replace("<br>", "\n").replace("\x0c", "")).text_content()
    assert shown.split() == text.replace("\ud800", "?").replace("\x0c", "").split()
    assert job["title"] == "Job 0 </script>&"


def test_a_corpus_that_lacks_a_field_is_told_by_line(tmp_path: Path) -> None:
    file = tmp_path / "corpus.jsonl"
    file.write_text('{"id": "1", "title": "t", "lang": "en", "source": "x", "text": "y"}\n{"id": "2"}\n')
    made = make(tmp_path / "site", file)
    assert made.returncode == 2
    assert "line 2: no lang, source, text, title" in made.stderr


def test_without_a_corpus_it_says_what_to_give(tmp_path: Path) -> None:
    assert "LABELMILL_DATA" in make(tmp_path).stderr


def test_a_folder_is_counted_by_identifier_and_texts(tmp_path: Path) -> None:
    def write(name: str, *scripts: str) -> None:
        body = "".join(f'<script type="application/ld+json">{script}</script>' for script in scripts)
        (tmp_path / name).write_text(f'<html lang="fr"><p>x</p>{body}')

    job = '{"@type": "JobPosting", "description": "<p>text</p>", "identifier": %s}'
    write("a.html", job % '"7"')
    write("b.html", job % '{"@type": "PropertyValue", "value": 7}', "{broken")
    write("c.html", '{"@graph": [{"@type": "Thing"}, %s]}' % (job % "null"))
    write("d.html", "[%s]" % (job % "null"), '{"@type": "JobPosting", "description": "<p> </p>"}')
    write("e.html", '{"@type": "Organization"}')
    assert expected(tmp_path) == Expected(scraped=4, unique=3, languages={"fr": 3})

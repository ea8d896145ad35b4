"""`parse`, `replay`, `due` and `show` as a user runs them."""

import json
from collections.abc import Mapping
from pathlib import Path

import orjson
import pytest

from pipeline.adapters.aws import S3Store, clients
from pipeline.crawls import SourceSettings
from pipeline.schema import PostScraped
from scraper.__main__ import main
from tests.scraper.pages import listing, posting
from tests.scraper.site import Site
from tests.scraper.sources.saved import HERE
from tests.scraper.test_cli import scraper


def test_parse_prints_a_json_object_a_post(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["parse", "greenhouse:harbourclocks", str(HERE / "greenhouse" / "jobs.json")]) == 0

    out, err = capsys.readouterr()
    [one] = [json.loads(line) for line in out.splitlines()]
    assert list(one) == [
        "post_id", "external_id", "url", "title", "company", "location", "date_posted", "language", "text",
        "details",
    ]  # fmt: skip
    assert (one["external_id"], one["title"], one["location"]) == ("4021001", "Clockmaker", "Kiel, Germany")
    assert one["text"] == "Mend clocks & watches.\n\n• Steady hands\n• A good eye"
    assert "no-description: Empty" in err
    assert "1 posts from 1 files; left out: 1 no-description, 1 no-id, 1 bad-record" in err


def test_parse_takes_fields_an_address_and_several_files(capsys: pytest.CaptureFixture[str]) -> None:
    rows = str(HERE / "csv" / "rows.csv")
    words = ["--field", "external_id=reference", "--field", "title=titre", "--field", "description=texte"]
    assert main(["parse", "csv", rows, rows, "--source", "mill", "--url", "https://mill.example/x", *words]) == 0

    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["external_id"] for line in lines] == ["1", "4", "1", "4"]
    assert len({line["post_id"] for line in lines}) == 2


def test_parse_of_nothing_is_exit_code_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "x.html").write_text("<p>Nothing</p>")
    assert main(["parse", "jobposting", str(tmp_path / "x.html")]) == 1
    assert "no-posting" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["parse", "nothing", "x"], "source kind: given 'nothing', allowed: ashby, bamboohr, csv"),
        (["parse", "jobposting", "/no/such/file"], "No such file"),
        (["parse", "feed", "x", "--field", "titel=x"], "given 'titel', allowed: external_id"),
    ],
)
def test_wrong_arguments_of_parse(words: list[str], told: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words) == 2
    assert told in capsys.readouterr().err


def test_due_replay_and_show_through_the_local_aws(site: Site, stack: Mapping[str, str]) -> None:
    site.pages |= {"/": listing("/jobs/1", "/jobs/2"), "/jobs/1": posting(1), "/jobs/2": posting(2)}
    source = SourceSettings("due-test", site.url, "due-test")
    store = S3Store(clients(stack).s3, stack["POSTS_BUCKET"])
    store.put(source.key, orjson.dumps(source.to_json()))
    try:
        listed = scraper("due", "--list", env=stack)
        assert listed.stdout == f"due-test\tdue-test\t{site.url}\n", listed.stderr
        run = scraper("due", "--allow-loopback", env=stack)
        assert run.returncode == 0, run.stderr
        assert "due-test" in run.stdout
        assert scraper("due", env=stack).stdout == "nothing is due\n"
    finally:
        store.delete(source.key)

    replayed = scraper("replay", "due-test", env=stack)
    assert (replayed.returncode, replayed.stdout) == (0, ""), replayed.stderr
    assert "2 pages, 2 same" in replayed.stderr

    lines = scraper("replay", "due-test", "--posts", env=stack).stdout.splitlines()
    posts = [PostScraped.from_json(json.loads(line)) for line in lines]
    assert {post.external_id for post in posts} == {"HC-2026-0001", "HC-2026-0002"}

    place = posts[0].raw
    assert place
    shown = scraper("show", place.key, str(place.offset), env=stack)
    assert "<h1>Job" in shown.stdout
    assert "<script" not in shown.stdout

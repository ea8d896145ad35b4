"""A posting to the message that is sent."""

from pipeline.web.page import Page
from scraper.postings import Posting, Skip, SourceConfig
from scraper.scraped_post import MAX_CHARS, Made, make_post
from tests.scraper.pages import WORDS

PAGE = Page("https://example.org/jobs/1?utm_source=x", b"", fetched_at="2026-03-01T00:00:00Z")
CONFIG = SourceConfig("example.org", "jobposting", "https://example.org/")


def made(**fields: object) -> Made:
    posting = Posting(**({"title": "Clockmaker", "description": WORDS, "markup": False} | fields))  # type: ignore[arg-type]
    found = make_post(posting, PAGE, CONFIG, "job-posts", "t1")
    assert isinstance(found, Made)
    return found


def test_the_text_is_normalised() -> None:
    post = made(description="<p>e\u0301t\u00e9\x07</p>", markup=True, title=" A\n&amp; B ").post
    assert (post.text, post.title) == ("\u00e9t\u00e9", "A & B")


def test_the_address_is_the_id_where_there_is_none_other() -> None:
    assert made().post.external_id == "example.org/jobs/1"
    assert made(url="https://example.org/x").post.external_id == "example.org/x"
    assert made(external_id="HC-2026-1").post.external_id == "HC-2026-1"


def test_title_and_text_do_not_change_the_post_id() -> None:
    one, two = made(external_id="7").post, made(external_id="7", title="Other", description=WORDS * 2).post
    assert one.post_id == two.post_id
    assert one.revision != two.revision


def test_a_text_over_the_limit_is_cut_at_a_line() -> None:
    line = "x" * 999
    found = made(description="\n".join([line] * 300))
    assert found.cut
    assert found.post.text == "\n".join([line] * 200)


def test_a_text_without_lines_is_cut_at_the_limit() -> None:
    found = made(description="y" * (MAX_CHARS + 1))
    assert (found.cut, len(found.post.text)) == (True, MAX_CHARS)


def test_a_text_at_the_limit_is_whole() -> None:
    assert not made(description="y" * MAX_CHARS).cut


def test_a_text_of_nothing_but_controls_is_left_out() -> None:
    posting = Posting("Clockmaker", "\x00\x07 \n", markup=False)
    assert make_post(posting, PAGE, CONFIG, "job-posts", "t1") == Skip("empty-description", "Clockmaker")


def test_languages() -> None:
    assert made().post.language == "en"
    german = "Wir suchen jemanden, der in unserer Werkstatt am Hafen Uhren repariert und Kunden berät."
    assert made(description=german).post.language == "de"
    assert made(description="Uhr").post.language == "und"

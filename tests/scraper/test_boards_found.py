"""Which boards a page shows."""

import pytest

from pipeline.web.page import Page
from scraper import boards_found, runs, sources
from scraper.postings import SourceConfig
from tests.scraper.conftest import World
from tests.scraper.pages import listing, page, posting
from tests.scraper.site import Site


@pytest.mark.parametrize(
    ("markup", "address"),
    [
        ('<iframe src="https://boards.greenhouse.io/embed/job_board?for=clocks"></iframe>', "greenhouse:clocks"),
        ('<script src="https://boards.greenhouse.io/embed/job_board/js?for=clocks"></script>', "greenhouse:clocks"),
        ('<a href="https://jobs.lever.co/clocks/0f5c">Jobs</a>', "lever:clocks"),
        ('<a href="https://jobs.ashbyhq.com/clocks">Jobs</a>', "ashby:clocks"),
        (
            '<a href="https://clocks.wd3.myworkdayjobs.com/en-US/Jobs">Jobs</a>',
            "workday:https://clocks.wd3.myworkdayjobs.com/en-US/Jobs",
        ),
        ('<a href="https://clocks.jobs.personio.com/">Jobs</a>', "personio:https://clocks.jobs.personio.com"),
        ('<script>var url = "https:\\/\\/clocks.teamtailor.com\\/jobs"</script>', "teamtailor:clocks"),
        ('<a href="https://careers-clocks.icims.com/jobs">Jobs</a>', "icims:https://careers-clocks.icims.com"),
        ('<a href="https://careers.smartrecruiters.com/clocks">Jobs</a>', "smartrecruiters:clocks"),
        ('<a href="https://apply.workable.com/clocks/">Jobs</a>', "workable:clocks"),
        ('<a href="https://clocks.recruitee.com/">Jobs</a>', "recruitee:clocks"),
        ('<a href="https://clocks.bamboohr.com/careers">Jobs</a>', "bamboohr:clocks"),
        ('<a href="https://ats.rippling.com/clocks/jobs">Jobs</a>', "rippling:clocks"),
        ('<a href="https://clocks.pinpointhq.com">Jobs</a>', "pinpoint:clocks"),
        ('<a href="https://clocks.applytojob.com/apply">Jobs</a>', "jazzhr:clocks"),
        ('<iframe src="//app.jazz.co/widgets/basic/create/clocks"></iframe>', "jazzhr:clocks"),
        ("<script>window.leverJobsOptions = {accountName: 'clocks', includeCss: true}</script>", "lever:clocks"),
        ('<a href="https://jobs.eu.lever.co/clocks/0f5c">Jobs</a>', "lever:https://jobs.eu.lever.co/clocks"),
        (
            '<a href="https://wd5.myworkdaysite.com/en-US/recruiting/clocks/Jobs/job/R1">Jobs</a>',
            "workday:https://wd5.myworkdaysite.com/en-US/recruiting/clocks/Jobs",
        ),
        (
            '<a href="https://work.example.com/hcmUI/CandidateExperience/en/sites/CX_1/job/3">Jobs</a>',
            "oracle:https://work.example.com/hcmUI/CandidateExperience/en/sites/CX_1",
        ),
        ('<script>widget({"company_code": "Clocks"})</script>', "smartrecruiters:Clocks"),
        ('<a href="https://clocks.workable.com/">Jobs</a>', "workable:clocks"),
        ('<div id="BambooHR" data-domain="clocks.bamboohr.com"></div>', "bamboohr:clocks"),
        (
            '<link rel="stylesheet" href="https://assets-aws.teamtailor-cdn.com/assets/main.css">',
            "teamtailor:https://example.org",
        ),
        ('<script src="https://static.recruiteecdn.com/app.js"></script>', "recruitee:https://example.org"),
    ],
)
def test_a_board_is_found_and_its_source_takes_the_address(markup: str, address: str) -> None:
    found = boards_found.find_boards(Page("https://example.org/jobs", page(markup).encode(), "text/html"))

    assert [board.address for board in found] == [address]
    kind, _, rest = address.partition(":")
    assert sources.load(kind).start(SourceConfig("clocks", kind, rest))


@pytest.mark.parametrize(
    "address",
    [
        "https://www.rippling.com/blog",
        "https://www.smartrecruiters.com/about",
        "https://www.teamtailor.com/en",
        "https://help.workable.com/x",
    ],
)
def test_a_makers_own_site_is_no_board(address: str) -> None:
    assert not boards_found.find_boards(Page("https://example.org", page(f'<a href="{address}">x</a>').encode()))


def test_an_empty_crawl_names_what_to_try(site: Site, world: World) -> None:
    site.pages["/"] = page("<p>We mend clocks.</p>")
    assert f"try page:{site.url}" in world.crawl(site.url).failure
    site.pages["/"] = page('<a href="https://jobs.lever.co/clocks">Jobs</a>')
    assert "crawl lever:clocks" in world.crawl(site.url).failure
    site.pages |= {"/": listing("/jobs/1"), "/jobs/1": posting(1)}
    assert not world.crawl(site.url).failure


def test_one_crawl_of_a_source_at_a_time() -> None:
    with runs.alone("clocks", "bucket"):
        with (
            pytest.raises(runs.AlreadyRunning, match="clocks is being crawled already"),
            runs.alone("clocks", "bucket"),
        ):
            pass
        with runs.alone("others", "bucket"):
            pass
    with runs.alone("clocks", "bucket"):
        pass

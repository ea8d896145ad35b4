"""schema.org values to postings, in the shapes that sites use."""

from typing import Any

import pytest

from scraper import schemaorg
from scraper.postings import Posting, Skip
from tests.scraper.pages import job


def only(value: Any) -> Posting:
    [one] = schemaorg.read_postings([value])
    assert isinstance(one, Posting)
    return one


@pytest.mark.parametrize(
    "value",
    [
        job(),
        [job()],
        {"@context": "https://schema.org", "@graph": [{"@type": "WebPage"}, job()]},
        {"@type": "WebPage", "mainEntity": job()},
        job(**{"@type": ["Thing", "JobPosting"]}),
        job(**{"@type": "http://schema.org/JobPosting"}),
        job(**{"@type": "schema:JobPosting"}),
    ],
)
def test_a_posting_is_found_wherever_it_stands(value: Any) -> None:
    assert only(value).title == "Clockmaker"


def test_several_postings_are_several() -> None:
    found = list(schemaorg.read_postings([[job(title="A"), job(title="B")], job(title="C")]))
    assert [one.title for one in found if isinstance(one, Posting)] == ["A", "B", "C"]


def test_a_reference_is_followed_and_is_no_posting_of_its_own() -> None:
    graph = [
        {"@type": "Organization", "@id": "#o", "name": "Harbour Clocks"},
        {"@type": "JobPosting", "@id": "#j"},
        job(**{"@id": "#j", "hiringOrganization": {"@id": "#o"}}),
    ]
    assert only({"@graph": graph}).company == "Harbour Clocks"


@pytest.mark.parametrize(
    ("identifier", "found"),
    [
        ({"@type": "PropertyValue", "name": "Harbour Clocks", "value": "HC-2026-0001"}, "HC-2026-0001"),
        ({"@type": "PropertyValue", "value": 7167985}, "7167985"),
        ({"@type": "PropertyValue", "name": "Harbour Clocks", "value": 12}, "Harbour Clocks:12"),
        ("12", "Harbour Clocks:12"),
        ("HC-2026-0001", "HC-2026-0001"),
        (1234567.0, "1234567"),
        ([{"value": ""}, {"value": "second-1"}], "second-1"),
        ({"@id": "https://example.org/jobs/1"}, "https://example.org/jobs/1"),
        ({"@value": "HC-2026-0001"}, ""),
        (None, ""),
        ({}, ""),
    ],
)
def test_identifiers(identifier: Any, found: str) -> None:
    assert only(job(identifier=identifier)).external_id == found


def test_two_employers_on_one_board_may_use_the_same_short_number() -> None:
    one, two = (
        only(job(identifier="12", hiringOrganization={"name": name})).external_id for name in ("Harbour", "Mill")
    )
    assert one != two


@pytest.mark.parametrize(
    ("fields", "location"),
    [
        ({"jobLocation": {"address": {"addressLocality": "Kiel", "addressCountry": "DE"}}}, "Kiel, DE"),
        ({"jobLocation": [{"address": {"addressLocality": "Kiel"}}, {"address": "Lübeck"}]}, "Kiel; Lübeck"),
        ({"jobLocation": {"address": {"addressCountry": {"@type": "Country", "name": "Germany"}}}}, "Germany"),
        ({"jobLocation": "Kiel"}, "Kiel"),
        ({"jobLocationType": "TELECOMMUTE", "applicantLocationRequirements": {"name": "DE"}}, "Remote, DE"),
        ({}, ""),
    ],
)
def test_locations(fields: dict[str, Any], location: str) -> None:
    assert only(job(**fields)).location == location


def test_sections_apart_from_the_description_are_added_once() -> None:
    found = only(job(description="<p>Mend clocks.</p>", qualifications="Steady hands", skills="Mend clocks."))
    assert (found.description, found.markup) == ("Mend clocks.\n\nSteady hands", False)


@pytest.mark.parametrize(
    ("description", "reason"),
    [
        (None, "no-description"),
        ("", "no-description"),
        ("<p><br>&nbsp;</p><script>x</script>", "empty-description"),
        ("&lt;p&gt;&lt;/p&gt;", "empty-description"),
    ],
)
def test_a_posting_without_text_is_left_out(description: Any, reason: str) -> None:
    [found] = schemaorg.read_postings([job(description=description)])
    assert found == Skip(reason, "Clockmaker")


def test_ill_typed_fields_are_empty() -> None:
    found = only(job(title={"a": 1}, hiringOrganization=[None, True], datePosted=12, jobLocation=[[]], url=False))
    assert (found.title, found.company, found.date_posted, found.location, found.url) == ("", "", "", "", "")


def test_a_reference_that_is_no_text_is_none() -> None:
    assert only(job(hiringOrganization={"@id": ["a"]})).company == ""


def test_a_number_beyond_all_numbers_is_no_identifier() -> None:
    assert only(job(identifier=float("inf"))).external_id == ""

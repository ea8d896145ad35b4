"""What postings say beside their texts, in the words of schema.org; what cannot be read is named."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.schema import Details, PostScraped, Salary
from scraper import salaries, schemaorg
from scraper.details import read_country, read_details
from scraper.postings import Posting
from tests.pipeline.test_wire import sample
from tests.scraper.pages import job

TEXTS = st.text(max_size=20)
AMOUNTS = st.floats(0, 1e9)
SALARIES = st.builds(Salary, AMOUNTS, AMOUNTS, TEXTS, TEXTS, TEXTS)
MANY = st.lists(TEXTS, max_size=3).map(tuple)
DETAILS = st.builds(
    Details, MANY, TEXTS, MANY, MANY, TEXTS, SALARIES, TEXTS, TEXTS, TEXTS, TEXTS, st.just({}) | st.just({"later": [1]})
)


@given(DETAILS)
def test_a_message_carries_all_of_them(details: Details) -> None:
    message = sample("post-scraped-1") | {"details": details.to_json()}
    post = PostScraped.from_json(message)
    assert post.details == details
    assert PostScraped.from_json(post.to_json()) == post
    assert ("details" in post.to_json()) is (details != Details())
    old = PostScraped.from_json(sample("post-scraped-1"))
    assert (old.details, old.identity) == (Details(), post.identity)


def read(**said: Any) -> Details:
    details, unread = read_details(said, "", "", "de")
    assert not unread
    return details


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("FULL_TIME", ["FULL_TIME"]),
        (["FULL_TIME", "CONTRACTOR", "FULL_TIME"], ["FULL_TIME", "CONTRACTOR"]),
        ("Full-time / Part-time", ["FULL_TIME", "PART_TIME"]),
        ("https://schema.org/FullTime", ["FULL_TIME"]),
        ("Vollzeit, unbefristet", ["FULL_TIME"]),
        ("Festanstellung (Vollzeit)", ["FULL_TIME"]),
        ("full-or-part-time", ["FULL_TIME", "PART_TIME"]),
        ("Regular Full Time Employee", ["FULL_TIME"]),
        ("Temps partiel", ["PART_TIME"]),
        ({"id": "intern", "label": "Intern"}, ["INTERN"]),
        ("permanent", []),
        (None, []),
    ],
    ids=str,
)
def test_employment(given: Any, words: list[str]) -> None:
    assert list(read(employmentType=given).employment) == words


@pytest.mark.parametrize(
    ("given", "word"),
    [
        ("TELECOMMUTE", "TELECOMMUTE"),
        ("Fully remote", "TELECOMMUTE"),
        ("OnSite", "ON_SITE"),
        ("hybrid", "HYBRID"),
        (["remote", "on_site"], "HYBRID"),
        ("unspecified", ""),
    ],
    ids=str,
)
def test_workplace(given: Any, word: str) -> None:
    assert read(jobLocationType=given).workplace == word


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("DE", "DE"),
        ("DEU", "DE"),
        ("Deutschland", "DE"),
        ("United Kingdom", "GB"),
        ("uk", "GB"),
        ("Remote", ""),
        ("X", ""),
    ],
)
def test_countries(name: str, code: str) -> None:
    assert read_country(name, "de") == code


def test_the_country_of_a_place_is_its_last_part_by_name_alone() -> None:
    found, _ = read_details({}, "Kiel, Germany; Atlanta, Georgia; Austin, TX; Bern, CH", "", "en")
    assert found.countries == ("DE",)
    assert found.locations == ("Kiel, Germany", "Atlanta, Georgia", "Austin, TX", "Bern, CH")


@pytest.mark.parametrize(
    ("given", "salary"),
    [
        (
            {"currency": "EUR", "value": {"minValue": "60000", "maxValue": 75000.0, "unitText": "YEAR"}},
            (6e4, 7.5e4, "EUR", "YEAR"),
        ),
        ({"currency": "EUR", "value": {"value": "3.000", "unitText": "Monat"}}, (3e3, 3e3, "EUR", "MONTH")),
        ({"priceCurrency": "GBP", "price": 12.5, "unitCode": "HUR"}, (12.5, 12.5, "GBP", "HOUR")),
        ({"minValue": 0, "maxValue": 0, "currency": "EUR"}, (0, 0, "", "")),
        ("$50k-60k", (5e4, 6e4, "USD", "")),
        ("CHF 7'000 monthly", (7e3, 7e3, "CHF", "MONTH")),
        ("competitive", (0, 0, "", "")),
        ([{"currency": "EUR", "value": 3000}], (3e3, 3e3, "EUR", "")),
        (None, (0, 0, "", "")),
    ],
    ids=str,
)
def test_stated_pay(given: Any, salary: tuple[Any, ...]) -> None:
    found = salaries.read_salary(given, "", ("US",))
    assert (found.minimum, found.maximum, found.currency, found.unit) == salary
    assert found.basis == ("stated" if found.maximum else "")


@pytest.mark.parametrize(
    ("text", "salary"),
    [
        ("The salary is €60,000–75,000 a year.", (6e4, 7.5e4, "EUR", "YEAR")),
        ("Gehalt: 3.200 bis 4.100 € brutto im Monat", (3200, 4100, "EUR", "MONTH")),
        ("Rémunération : 2 500 € brut par mois", (2500, 2500, "EUR", "MONTH")),
        ("Salary: up to £30,000 per annum", (0, 3e4, "GBP", "YEAR")),
        ("Salary: $20 per hour", (0, 0, "", "")),  # of which country?
        ("A training budget of €500 a month beside your salary", (0, 0, "", "")),
        ("We raised €5 million a year, and our salaries are good.", (0, 0, "", "")),
        ("Salary: €3,000 a month\nSalary: €20 per hour", (0, 0, "", "")),
        ("Salary: €60,000", (0, 0, "", "")),
    ],
)
def test_pay_in_a_text(text: str, salary: tuple[Any, ...]) -> None:
    found = salaries.find_in_text(text, ())
    assert (found.minimum, found.maximum, found.currency, found.unit) == salary
    assert found.basis == ("text" if found.maximum else "")


@pytest.mark.parametrize(
    ("said", "named"),
    [
        ({"employmentType": "Fest!"}, "employmentType 'Fest!'"),
        ({"jobLocationType": "moon"}, "jobLocationType 'moon'"),
        ({"validThrough": "when filled"}, "validThrough 'when filled'"),
        ({"baseSalary": {"value": {"minValue": 9, "maxValue": 3}}}, "baseSalary '9 to 3'"),
        ({"experienceLevel": "wizard"}, "experienceLevel 'wizard'"),
    ],
    ids=str,
)
def test_what_cannot_be_read_is_named(said: dict[str, Any], named: str) -> None:
    details, unread = read_details(said, "", "", "en")
    assert (details, unread) == (Details(), [named])


@pytest.mark.parametrize("end", ["2026-03-14", "2026-03-14T23:59:00+01:00", 1773446400, "14.03.2026", "March 14, 2026"])
def test_the_last_day(end: Any) -> None:
    assert read(validThrough=end).valid_through == "2026-03-14"


def test_json_ld_says_all_of_it() -> None:
    germany = {"@type": "Country", "name": "Germany"}
    [posting] = schemaorg.read_postings(
        [
            job(
                employmentType="FULL_TIME",
                jobLocationType="TELECOMMUTE",
                applicantLocationRequirements={"@id": "#de"},
                baseSalary={"currency": "EUR", "value": {"minValue": 1, "maxValue": 2, "unitText": "HOUR"}},
                validThrough="2026-12-31",
                employmentUnit={"name": "Workshop"},
                potentialAction={"@type": "ApplyAction", "target": {"urlTemplate": "https://example.org/apply"}},
            ),
            germany | {"@id": "#de"},
        ]
    )
    assert isinstance(posting, Posting)
    details, unread = read_details(posting.said, posting.location, "", "en")
    assert not unread
    assert (details.employment, details.workplace, details.countries) == (("FULL_TIME",), "TELECOMMUTE", ("DE",))
    assert details.salary == Salary(1, 2, "EUR", "HOUR", "stated")
    assert (details.department, details.valid_through) == ("Workshop", "2026-12-31")
    assert posting.said["applyUrl"] == "https://example.org/apply"

"""Addresses as ids."""

import pytest

from scraper import identity


@pytest.mark.parametrize(
    ("url", "canonical"),
    [
        ("HTTPS://Jobs.Example.org:443/a#top", "https://jobs.example.org/a"),
        ("https://example.org", "https://example.org/"),
        ("https://example.org/a?utm_source=x&id=3&gclid=9&gh_src=1", "https://example.org/a?id=3"),
        ("https://example.org/a?b=2&a=1", "https://example.org/a?b=2&a=1"),
        ("https://example.org/a;jsessionid=ABC?x=", "https://example.org/a?x="),
        ("https://example.org/caf%c3%a9/%7Euser", "https://example.org/caf%C3%A9/~user"),
        ("https://example.org/café", "https://example.org/caf%C3%A9"),
        ("https://example.org/%E9", "https://example.org/%E9"),
        ("http://[::1]:80/a", "http://[::1]/a"),
        ("http://127.0.0.1:8080/a", "http://127.0.0.1:8080/a"),
    ],
)
def test_canonical_addresses(url: str, canonical: str) -> None:
    assert identity.canonical_url(url) == canonical
    assert identity.canonical_url(canonical) == canonical


def test_an_id_outlives_https_a_port_www_and_tracking() -> None:
    ids = {
        identity.from_address(url)
        for url in (
            "http://www.example.org/jobs/1/",
            "https://example.org/jobs/1",
            "http://example.org:8080/jobs/1?utm_campaign=spring",
            "https://example.org/jobs/1#apply",
        )
    }
    assert ids == {"example.org/jobs/1"}


def test_a_query_that_is_not_tracking_is_part_of_the_id() -> None:
    assert identity.from_address("https://example.org/job?id=1") != identity.from_address(
        "https://example.org/job?id=2"
    )

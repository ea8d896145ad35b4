"""Requests that lead the system astray, or that come many at once."""

from typing import Any

import pytest

from labeler.datasets.models import Release
from labeler.datasets.releases import builder
from labeler.datasets.releases.options import Options
from labeler.labeling.models import Project
from scraper.addresses import Guard
from tests.labeler.conftest import cloud, person, project, quick_passwords
from tests.labeler.test_race import in_threads

__all__ = ["cloud", "person", "project", "quick_passwords"]


def test_cwe_362_eight_equal_requests_at_once_are_one_release(transactional_db: None, project: Project) -> None:
    asked = in_threads(lambda _: builder.ask(project, Options(seed=7)).pk)
    assert len(set(asked)) == 1
    assert [one.version for one in Release.objects.all()] == [1]


def test_cwe_362_eight_different_requests_at_once_are_eight_versions(transactional_db: None, project: Project) -> None:
    asked: list[Any] = in_threads(lambda number: builder.ask(project, Options(seed=number)).version)
    assert sorted(asked) == list(range(1, 9))


@pytest.mark.parametrize(
    "address",
    ["192.0.0.192", "192.0.0.9", "192.0.0.170", "::ffff:192.0.0.192", "64:ff9b::c000:c0", "2002:c000:c0::1",
     "192.88.99.1", "100:0:0:1::1", "3fff::1", "5f00::1", "64:ff9b:1::1"],
)  # fmt: skip
def test_cwe_918_no_special_address_counts_as_public(address: str) -> None:
    assert not Guard().allows(address)


def test_the_addresses_beside_them_are_public() -> None:
    for address in ("192.0.1.1", "192.88.98.1", "192.88.100.1", "2606:4700::1"):
        assert Guard().allows(address)

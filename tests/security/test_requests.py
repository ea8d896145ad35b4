"""Requests that lead the system astray, or that come many at once."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from labeler.accounts.models import User
from labeler.datasets.models import Release
from labeler.datasets.releases import builder
from labeler.datasets.releases.options import Options
from labeler.labeling.answering import answers
from labeler.labeling.answering.answers import Answer
from labeler.labeling.models import Annotation, LabeledSpan, Post, Project
from labeler.labeling.recovery.rebuild import Rebuild
from labeler.labeling.recovery.reconcile import differences
from labeler.labeling.tasks import leases
from scraper.addresses import Guard
from tests.labeler.conftest import cloud, labeler, person, project, quick_passwords, ready, take
from tests.labeler.test_race import in_threads
from tests.labeler.test_recovery import put_in_archive

__all__ = ["cloud", "labeler", "person", "project", "quick_passwords", "ready", "take"]


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


def test_cwe_837_a_resend_after_a_rebuild_counts_once(
    cloud: Any, project: Project, labeler: User, take: Callable[..., Post], ready: Callable[..., Any]
) -> None:
    take()
    put_in_archive(cloud, ready())
    lease = leases.next_task(project, labeler)
    assert lease
    given, key = Answer("labels", spans=[(4, 5, "Role")]), "key-of-the-page"
    answers.submit(lease.token, labeler, given, key)
    LabeledSpan.objects.all().delete()
    Annotation.objects.all().delete()
    Rebuild().run()
    again = answers.submit(lease.token, labeler, given, key)
    assert (again.repeated, again.stored) == (True, True)
    assert Annotation.objects.get().idempotency_key == key
    assert not list(differences())


def test_cwe_837_objects_that_share_a_key_or_have_a_wrong_one_are_rebuilt_all_the_same(
    cloud: Any, project: Project, labeler: User, take: Callable[..., Post], ready: Callable[..., Any]
) -> None:
    take()
    put_in_archive(cloud, ready())
    lease = leases.next_task(project, labeler)
    assert lease
    answers.submit(lease.token, labeler, Answer("labels"), "key-of-the-page")
    (one,) = cloud.labels.list("annotations/")
    body = json.loads(cloud.labels.get(one.key).body)
    for n, wrong in enumerate(["key-of-the-page", "x", 7, None, "a" * 300, "a\nb"], 2):
        made = json.dumps({**body, "n": n, "submit_key": wrong}).encode()
        cloud.labels.put(one.key.replace("/1.json", f"/{n}.json"), made)
    LabeledSpan.objects.all().delete()
    Annotation.objects.all().delete()
    Rebuild().run()
    assert sorted(Annotation.objects.values_list("n", flat=True)) == [1, 2, 3, 4, 5, 6, 7]

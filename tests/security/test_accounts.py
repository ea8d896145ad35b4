"""What a stranger, or one account, does to the accounts of others."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from labeler import services
from labeler.accounts.models import User
from labeler.services import job_services
from tests.labeler.conftest import cloud, person, project, quick_passwords

__all__ = ["cloud", "person", "project", "quick_passwords"]

MAIL = {"To": ["ada@example.org"], "Subject": "Password", "BodyText": "https://link/", "Timestamp": 1.0}


@pytest.fixture
def mailed(cloud: object) -> Iterator[None]:
    here = job_services()
    job_services.wire(replace(here, read_mailbox=lambda: json.dumps({"messages": {"0": [MAIL]}}).encode()))
    yield
    job_services.wire(here)


FROM_HERE = {"SERVER_NAME": "127.0.0.1", "REMOTE_ADDR": "127.0.0.1"}


@pytest.mark.parametrize(
    ("where", "status"),
    [
        (FROM_HERE, 200),
        (FROM_HERE | {"SERVER_NAME": "localhost"}, 200),
        (FROM_HERE | {"REMOTE_ADDR": "::1"}, 200),
        (FROM_HERE | {"REMOTE_ADDR": "192.168.1.7"}, 404),
        (FROM_HERE | {"SERVER_NAME": "mill.example.org"}, 404),
        (FROM_HERE | {"HTTP_X_FORWARDED_FOR": "203.0.113.7"}, 404),
        (FROM_HERE | {"HTTP_FORWARDED": "for=203.0.113.7"}, 404),
    ],
)
def test_cwe_640_links_in_mails_are_read_on_this_machine_alone(
    db: None, mailed: None, settings: Any, where: dict[str, str], status: int
) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    answer = Client(**where).get(reverse("mails"))
    assert answer.status_code == status
    assert ("https://link/" in answer.content.decode()) == (status == 200)
    assert (b"/accounts/mails/" in Client(**where).get(reverse("account_reset_password_done")).content) == (
        status == 200
    )


def test_cwe_640_elsewhere_an_admin_reads_them_and_nobody_else(mailed: None, person: Callable[..., User]) -> None:
    for role, status in (("labeler", 404), ("reviewer", 404), ("admin", 200)):
        client = Client(REMOTE_ADDR="192.168.1.7")
        client.force_login(person(f"one-{role}", role))
        assert client.get(reverse("mails")).status_code == status


@pytest.mark.parametrize("address", ["http://mill.example.org:4566", "http://192.168.1.7:4566", "", "http://10.0.0.1"])
def test_cwe_640_mails_of_another_machine_are_not_shown(address: str) -> None:
    assert not services._is_on_loopback(address)
    assert services._is_on_loopback("http://127.0.0.1:4566")

"""What a stranger, or one account, does to the accounts of others."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.db import connection
from django.test import Client, RequestFactory
from django.urls import reverse

from labeler import services
from labeler.accounts import attempts
from labeler.accounts.models import Attempts, User
from labeler.jobs.profile import forget
from labeler.services import job_services
from tests.labeler.conftest import cloud, person, project, quick_passwords
from tests.labeler.test_race import THREADS, in_threads

__all__ = ["cloud", "person", "project", "quick_passwords"]

MAIL = {"To": ["ada@example.org"], "Subject": "Password", "BodyText": "https://link/", "Timestamp": 1.0}


@pytest.fixture
def mailed(cloud: object) -> Iterator[None]:
    here = job_services()
    job_services.wire(replace(here, read_mailbox=lambda: json.dumps({"messages": {"0": [MAIL]}}).encode()))
    yield
    job_services.wire(here)


FROM_HERE: dict[str, Any] = {"SERVER_NAME": "127.0.0.1", "REMOTE_ADDR": "127.0.0.1"}


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
    db: None, mailed: None, settings: Any, where: dict[str, Any], status: int
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


def test_cwe_640_there_is_no_page_of_mails_on_aws(mailed: None, person: Callable[..., User], settings: Any) -> None:
    settings.ON_AWS = True
    client = Client(**FROM_HERE)
    assert client.get(reverse("mails")).status_code == 404
    client.force_login(person("ada", "admin"))
    assert client.get(reverse("mails")).status_code == 404


@pytest.mark.parametrize("address", ["http://mill.example.org:4566", "http://192.168.1.7:4566", "", "http://10.0.0.1"])
def test_cwe_640_mails_of_another_machine_are_not_shown(address: str) -> None:
    assert not services._is_on_loopback(address)
    assert services._is_on_loopback("http://127.0.0.1:4566")


SECRET = "a long and secret word"


def sign_up(username: str, **more: str) -> int:
    """How many accounts were made."""
    before = User.objects.count()
    form = {"username": username, "email": "eve@example.org", "password1": SECRET, "password2": SECRET, **more}
    answer = Client().post(reverse("account_signup"), form)
    assert answer.status_code in (200, 302)
    return User.objects.count() - before


@pytest.mark.parametrize(
    "name",
    ["left-abcdefghijklmnop", "LEFT-abc", "import-abc", "Import-x", "labeler-abc",
     "аda", "ａda", "ada\u200b", "ada\u0301", "ada@example.org", "ada lovelace", "-ada", ".ada"],
)  # fmt: skip
def test_cwe_1007_names_of_the_system_and_names_that_look_like_others_are_refused(
    db: None, cloud: object, name: str
) -> None:
    assert sign_up(name) == 0


@pytest.mark.parametrize("name", ["eve", "eve.2", "Eve_x+y", "lefty", "imported", "7of9"])
def test_other_names_are_taken(db: None, cloud: object, name: str) -> None:
    assert sign_up(name) == 1


def test_cwe_178_a_name_is_the_same_in_capitals(db: None, cloud: object, person: Callable[..., User]) -> None:
    person("ada", "labeler")
    assert sign_up("ADA") == 0


def test_cwe_841_nobody_stands_in_the_way_of_a_deletion(cloud: object, person: Callable[..., User]) -> None:
    ada = person("ada", "labeler")
    for name in (f"left-{ada.labeler_id}", f"left-{ada.labeler_id}-2"):
        User.objects.create_user(name)  # made before such names were the system's
    forget(ada)
    forget(ada)  # again, as after a crash
    ada.refresh_from_db()
    assert (ada.username, ada.is_active) == (f"left-{ada.labeler_id}-3", False)


def test_cwe_915_a_field_that_is_not_in_the_form_changes_nothing(db: None, cloud: object) -> None:
    more = {"is_staff": "1", "is_superuser": "1", "is_active": "0", "groups": "3", "roles": "admin", "id": "1",
            "labeler_id": "chosen", "plan": "premium", "verified": "1", "first_name": "Eve"}  # fmt: skip
    assert sign_up("eve", **more) == 1
    eve = User.objects.get(username="eve")
    assert (eve.is_staff, eve.is_superuser, eve.is_active, eve.first_name) == (False, False, True, "")
    assert eve.labeler_id != "chosen"
    assert not eve.roles
    assert not eve.groups.exists()
    assert not eve.plan_changes.exists()
    assert not EmailAddress.objects.get(user=eve).verified


def statuses(address: str, count: int, given: dict[str, str] | None = None, **where: str) -> list[int]:
    """What so many tries at once by eight threads come to; a name of its own each, so that no lock of one counts."""

    def ask(number: int) -> list[int]:
        form = {**(given or {}), "username": f"nobody-{number}"}
        return [Client(**where).post(address, form).status_code for _ in range(count // THREADS)]  # type: ignore[arg-type]

    return [one for some in in_threads(ask) for one in some]


@pytest.mark.parametrize(
    ("route", "kind"),
    [("login", "log-in"), ("account_signup", "sign-up"), ("account_reset_password", "password")],
)  # fmt: skip
def test_cwe_307_threads_count_together_by_address(
    transactional_db: None, cloud: object, monkeypatch: pytest.MonkeyPatch, route: str, kind: str
) -> None:
    limit = attempts.LIMITS[kind]
    monkeypatch.setitem(attempts.LIMITS, kind, replace(limit, most=16))
    given = {"password": "wrong", "email": "nobody"}
    found = statuses(reverse(route), 32, given, REMOTE_ADDR="203.0.113.7")
    assert found.count(429) == 16
    elsewhere = Client(REMOTE_ADDR="203.0.113.8").post(reverse(route), {**given, "username": "x"})
    assert elsewhere.status_code == 200
    refused = Client(REMOTE_ADDR="203.0.113.7").post(reverse(route), given)
    assert 0 < int(refused["Retry-After"]) <= limit.seconds
    assert b"Try again in " in refused.content


def test_cwe_307_processes_count_together(transactional_db: None) -> None:
    code = "from labeler.accounts.attempts import LIMITS;print(sum(not LIMITS['log-in'].count('x') for _ in range(50)))"
    name = connection.settings_dict["NAME"]
    setup = (
        "import django; from django.conf import settings; django.setup(); from django.db import connection;"
        f"connection.settings_dict['NAME'] = {str(name)!r};"
    )
    env = {**os.environ, "DJANGO_SETTINGS_MODULE": "labeler.settings"}
    running = [subprocess.Popen([sys.executable, "-c", setup + code], env=env, stdout=subprocess.PIPE, text=True)
               for _ in range(3)]  # fmt: skip
    assert sum(int(one.communicate()[0]) for one in running) == attempts.LIMITS["log-in"].most


def test_cwe_307_an_attempt_that_succeeds_does_not_count(db: None, cloud: object, person: Callable[..., User]) -> None:
    ada = person("ada", "labeler")
    ada.set_password(SECRET)
    ada.save()
    for _ in range(attempts.LIMITS["log-in"].most + 2):
        assert Client().post(reverse("login"), {"username": "ada", "password": SECRET}).status_code == 302


def test_cwe_307_the_time_runs_out_and_what_is_old_is_forgotten(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    limit, now = attempts.Limit(2, 60), 1_700_000_000.0
    monkeypatch.setattr("labeler.accounts.attempts.time.time", lambda: now)
    assert [limit.count("x") for _ in range(4)] == [0, 0, 60, 60]
    now += 59
    assert limit.count("x") == 1
    now += 1
    assert [limit.count("x") for _ in range(3)] == [0, 0, 60]
    now += attempts.DAY + 1
    assert limit.count("y") == 0
    assert Attempts.objects.count() == 1


@pytest.mark.parametrize(
    ("address", "counted"),
    [("2001:db8:1:2::1", "2001:db8:1:2::/64"), ("2001:db8:1:2:3::9", "2001:db8:1:2::/64"),
     ("::ffff:203.0.113.7", "203.0.113.7"), ("203.0.113.7", "203.0.113.7"), ("", "")],
)  # fmt: skip
def test_cwe_307_a_client_is_not_many_by_many_addresses_of_its_own(address: str, counted: str) -> None:
    request = RequestFactory(REMOTE_ADDR=address, HTTP_X_FORWARDED_FOR="198.51.100.1").get("/")
    assert attempts.client(request) == counted


def test_cwe_307_links_of_mails_are_not_guessed(db: None, cloud: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(attempts.LIMITS, "link", replace(attempts.LIMITS["link"], most=3))
    found = [Client().get(reverse("account_confirm_email", args=[f"guess-{n}"])).status_code for n in range(5)]
    assert found[3:] == [429, 429]
    assert 429 not in found[:3]


def test_cwe_799_nobody_is_flooded_with_mails(db: None, cloud: object, person: Callable[..., User]) -> None:
    ada = person("ada", "labeler")
    ada.email = "ada@example.org"
    ada.set_password(SECRET)
    ada.save()
    EmailAddress.objects.create(user=ada, email=ada.email, verified=True, primary=True)
    for n in range(attempts.MAILS[attempts.MAIL].most + 3):  # from another address each time
        Client(REMOTE_ADDR=f"203.0.113.{n}").post(reverse("account_reset_password"), {"email": ada.email})
    assert len(mail.outbox) == attempts.MAILS[attempts.MAIL].most

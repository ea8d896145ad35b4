"""Signing up, confirming, logging in, lost passwords, lock-out."""

import re
from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest
from django.core import mail
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from labeler.accounts.models import Attempts, User
from labeler.labeling.models import Project
from labeler.services import job_services
from pipeline.ports import StoreUnavailable

SECRET = "a long and secret word"
ADA = {"username": "ada", "email": "ada@example.org", "password1": SECRET, "password2": SECRET}


@pytest.fixture(autouse=True)
def forgetful(db: None, cloud: object, settings: Any) -> None:
    cache.clear()  # allauth counts attempts there
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # quick, and good enough for tests


def sign_up(client: Client, **changes: str) -> Any:
    return client.post(reverse("account_signup"), {**ADA, **changes})


def log_in(client: Client, name: str = "ada", password: str = SECRET, **more: Any) -> Any:
    return client.post(reverse("login"), {"username": name, "password": password}, **more)


def link() -> str:
    found = re.search(r"http://testserver(/\S+)", str(mail.outbox[-1].body))
    assert found
    return found[1]


def confirmed(client: Client) -> None:
    sign_up(client)
    client.post(link())
    client.logout()


def test_a_sign_up_sends_a_link_and_says_so(client: Client) -> None:
    answer = sign_up(client)
    assert answer["Location"] == reverse("account_email_verification_sent")
    assert mail.outbox[0].to == ["ada@example.org"]
    assert "on this machine" in client.get(answer["Location"], SERVER_NAME="127.0.0.1").content.decode().lower()


def test_nobody_logs_in_before_the_address_is_confirmed(client: Client) -> None:
    sign_up(client)
    client.logout()
    assert "Confirm your address first" in log_in(client).content.decode()
    assert not client.session.get("_auth_user_id")


def test_a_confirmed_account_logs_in_by_name_or_address_and_lands_on_jobs(client: Client) -> None:
    confirmed(client)
    for name in ("ada", "ADA@example.org"):
        assert log_in(client, name)["Location"] == reverse("jobs:jobs")
        client.logout()


def test_a_link_works_once(client: Client) -> None:
    confirmed(client)
    for address in (link(), reverse("account_confirm_email", args=["forged"])):
        assert "over, or was used" in client.get(address).content.decode()


def test_a_labeler_lands_on_the_projects(client: Client, person: Callable[..., User], project: Project) -> None:
    user = person("ann")
    user.set_password(SECRET)
    user.save()
    assert log_in(client, "ann")["Location"] == "/"


def test_an_account_that_an_admin_made_needs_no_confirmation(client: Client, person: Callable[..., User]) -> None:
    user = person("ann", "")
    user.set_password(SECRET)
    user.save()
    assert log_in(client, "ann").status_code == 302


def test_an_address_in_use_is_not_given_away(client: Client) -> None:
    confirmed(client)
    answer = sign_up(Client(), username="eve")
    assert answer["Location"] == reverse("account_email_verification_sent")
    assert not User.objects.filter(username="eve").exists()


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"email": "nothing"}, "valid email"),
        ({"password1": "short", "password2": "short"}, "too short"),
        ({"password2": "another one entirely"}, "same password"),
        ({"username": ""}, "required"),
    ],
)
def test_a_sign_up_that_is_refused_says_why(client: Client, changes: dict[str, str], says: str) -> None:
    assert says in sign_up(client, **changes).content.decode()


def test_a_lost_password_is_replaced_by_a_link_from_a_mail(client: Client) -> None:
    confirmed(client)
    client.post(reverse("account_reset_password"), {"email": "ada@example.org"})
    page = client.get(link(), follow=True)
    new = "another long and secret word"
    client.post(page.redirect_chain[-1][0], {"password1": new, "password2": new})
    assert log_in(client, password=SECRET).status_code == 200
    assert log_in(client, password=new).status_code == 302


def test_an_unknown_address_is_answered_as_a_known_one(client: Client) -> None:
    answer = client.post(reverse("account_reset_password"), {"email": "eve@example.org"})
    assert answer["Location"] == reverse("account_reset_password_done")


def test_ten_wrong_passwords_lock_the_account_for_a_while(client: Client) -> None:
    confirmed(client)
    answers = [log_in(client, password="wrong").status_code for _ in range(10)]
    assert answers[-1] == 429
    assert log_in(client).status_code == 429


def test_mails_go_by_the_queue(settings: Any) -> None:
    settings.EMAIL_BACKEND = "labeler.accounts.mailing.Backend"
    message = mail.EmailMultiAlternatives("Hello", "Text", to=["ada@example.org"])
    message.attach_alternative("<p>Text</p>", "text/html")
    assert message.send() == 1
    queue: Any = job_services().mails
    assert queue.told() == [
        {"schema": "mail/1", "to": "ada@example.org", "subject": "Hello", "text": "Text", "html": "<p>Text</p>"}
    ]


def test_a_mail_that_the_queue_does_not_take_is_an_error(settings: Any) -> None:
    settings.EMAIL_BACKEND = "labeler.accounts.mailing.Backend"
    queue: Any = job_services().mails
    queue.away = True
    with pytest.raises(StoreUnavailable, match="1 of 1 mails"):
        mail.send_mail("Hello", "Text", None, ["ada@example.org"])


def minutes_later() -> None:
    """What was counted against an address is forgotten."""
    Attempts.objects.all().delete()


def test_an_unconfirmed_account_is_sent_its_link_again_and_not_too_often(client: Client) -> None:
    sign_up(client)
    client.logout()
    minutes_later()
    assert "Confirm your address first" in log_in(client).content.decode()
    assert len(mail.outbox) == 2
    assert log_in(client).status_code == 200
    assert len(mail.outbox) == 2
    client.post(link())
    client.logout()
    assert log_in(client)["Location"] == reverse("jobs:jobs")


def test_a_wrong_password_sends_an_unconfirmed_account_nothing(client: Client) -> None:
    sign_up(client)
    client.logout()
    minutes_later()
    log_in(client, password="another long word")
    assert len(mail.outbox) == 1


def test_a_password_that_is_set_by_mail_confirms_the_address(client: Client) -> None:
    sign_up(client)
    client.logout()
    client.post(reverse("account_reset_password"), {"email": ADA["email"]})
    set_password(client, link())
    assert log_in(client, password="quite another word")["Location"] == reverse("jobs:jobs")


def test_a_link_that_a_command_prints_lets_somebody_in_once(client: Client, person: Callable[..., User]) -> None:
    user = person("ann")
    user.set_unusable_password()
    user.save()
    printed = StringIO()
    call_command("login_link", "ann", stdout=printed)
    path = printed.getvalue()[printed.getvalue().index("/accounts/") :].strip()
    set_password(client, path)
    assert log_in(client, "ann", "quite another word")["Location"] == "/"
    client.logout()
    assert "password1" not in client.get(path, follow=True).content.decode()
    with pytest.raises(CommandError, match="given 'bob', allowed"):
        call_command("login_link", "bob")


def set_password(client: Client, path: str) -> None:
    form = client.get(path)["Location"]
    answer = client.post(form, {"password1": "quite another word", "password2": "quite another word"})
    assert answer.status_code == 302, answer.content.decode()

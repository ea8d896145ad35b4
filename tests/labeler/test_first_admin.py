"""The first admin: made where nobody can log in, by a link that works once."""

import re
from io import StringIO

import pytest
from allauth.account.models import EmailAddress
from django.core.management import call_command
from django.core.management.base import CommandError
from django.test import Client
from django.urls import reverse

from labeler.accounts.models import User

ANNA = "anna@example.org"
SECRET = "a long and secret word"

pytestmark = pytest.mark.usefixtures("db", "cloud")


def first_admin(email: str = ANNA) -> str:
    out = StringIO()
    call_command("first_admin", email, stdout=out)
    return out.getvalue()


def link(said: str) -> str:
    found = re.search(r"(/accounts/password/reset/\S+)", said)
    assert found, said
    return found[1]


def set_password(address: str) -> str:
    """What the page says that a browser ends on."""
    client = Client()
    form = client.get(address, follow=True)
    at = form.redirect_chain[-1][0] if form.redirect_chain else address
    return client.post(at, {"password1": SECRET, "password2": SECRET}, follow=True).content.decode()


def log_in() -> Client:
    client = Client()
    client.post(reverse("login"), {"username": ANNA, "password": SECRET})
    return client


def test_the_link_sets_a_password_and_opens_the_admin_pages() -> None:
    set_password(link(first_admin()))
    assert log_in().get(reverse("admin:index")).status_code == 200


def test_the_link_works_once() -> None:
    address = link(first_admin())
    set_password(address)
    assert "This link is over" in set_password(address)


def test_until_it_was_used_it_can_be_had_again_and_makes_no_second_account() -> None:
    first_admin()
    set_password(link(first_admin("ANNA@example.org")))
    assert User.objects.count() == 1
    assert log_in().session["_auth_user_id"]


def test_where_an_admin_can_log_in_it_does_nothing() -> None:
    set_password(link(first_admin()))
    for email in (ANNA, "eve@example.org"):
        said = first_admin(email)
        assert "nothing to do" in said
        assert "/accounts/" not in said
    assert User.objects.count() == 1


def test_a_mistyped_address_is_mended_by_running_it_again() -> None:
    first_admin("ana@example.org")
    set_password(link(first_admin()))
    assert log_in().get(reverse("admin:index")).status_code == 200


def test_who_signed_up_by_an_address_that_is_not_theirs_does_not_become_admin() -> None:
    user = User.objects.create_user("mallory", ANNA, SECRET)
    EmailAddress.objects.create(user=user, email=ANNA, verified=False, primary=True)
    first_admin()
    assert "_auth_user_id" not in log_in().session


def test_a_confirmed_account_keeps_its_password() -> None:
    user = User.objects.create_user("anna", ANNA, SECRET)
    EmailAddress.objects.create(user=user, email=ANNA, verified=True, primary=True)
    first_admin()
    assert log_in().get(reverse("admin:index")).status_code == 200


@pytest.mark.parametrize("email", ["anna", "anna@", "", "a b@example.org"])
def test_what_is_no_address_is_refused(email: str) -> None:
    with pytest.raises(CommandError, match=r"email: given .*, allowed: an address"):
        first_admin(email)
    assert not User.objects.exists()

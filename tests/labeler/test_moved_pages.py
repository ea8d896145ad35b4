"""Bookmarks of the admin lead to where its pages are now, and who may read them is as before."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse

from labeler.accounts.models import User
from labeler.audit.models import AuditEntry
from labeler.urls import MOVED


@pytest.mark.django_db
@pytest.mark.parametrize(("model", "app"), MOVED.items())
@pytest.mark.parametrize("rest", ["", "?project=1&after=7~x%20y", "12/change/", "add/?project=2", "12/report/?a=%26"])
def test_an_old_address_leads_to_the_new_one_with_all_that_follows(model: str, app: str, rest: str) -> None:
    given = Client().get(f"/admin/review/{model}/{rest}")
    assert (given.status_code, given["Location"]) == (308, f"/admin/{app}/{model}/{rest}")


@pytest.mark.django_db
def test_what_was_never_there_is_not_found_and_nobody_is_led_elsewhere(client: Client) -> None:
    assert client.get("/admin/review/user/").status_code in (302, 404)
    assert client.get("/admin/review/gold//elsewhere.example/")["Location"] == (
        "/admin/adjudication/gold//elsewhere.example/"
    )


@pytest.mark.django_db
@pytest.mark.parametrize("model", MOVED)
def test_a_group_reads_the_page_without_any_right_on_its_model(
    model: str, person: Callable[..., User], client: Client
) -> None:
    """Roles go by the names of groups; rights on models, which name the app, are given to none."""
    assert not any(group.permissions.exists() for group in Group.objects.all())
    client.force_login(person("chief", "admin"))
    assert client.get(f"/admin/review/{model}/", follow=True).status_code == 200


@pytest.mark.django_db
def test_an_object_is_found_at_its_old_address(person: Callable[..., User], client: Client) -> None:
    client.force_login(person("chief", "admin"))
    entry = AuditEntry.objects.create(subject="user ann", action="rights")
    page = client.get(f"/admin/review/auditentry/{entry.pk}/change/", follow=True)
    assert page.redirect_chain == [(reverse("admin:audit_auditentry_change", args=[entry.pk]), 308)]
    assert "user ann" in page.content.decode()

"""Numbers in addresses: what the database takes is read everywhere alike, anything else is no number and no fault."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from labeler.accounts.models import User
from labeler.labeling.models import Project
from labeler.numbers import read_number

NONE = ["", "-1", "1.0", "1e3", " 1", "٣", "²", "9" * 19, "9" * 30]


@pytest.mark.parametrize(
    ("given", "number"), [("0", 0), ("007", 7), ("9" * 18, 10**18 - 1), *((one, None) for one in NONE)]
)
def test_a_number_is_read_as_far_as_a_column_of_keys_goes(given: str, number: int | None) -> None:
    assert read_number(given) == number


@pytest.mark.django_db
@pytest.mark.parametrize("given", NONE)
@pytest.mark.parametrize(
    ("route", "names"),
    [
        ("admin:labeling_post_changelist", ("project", "near", "after")),
        ("admin:operations_bulkaction_changelist", ("after",)),
        ("admin:adjudication_comparison_changelist", ("project", "before")),
    ],
)
def test_a_list_is_shown_whatever_its_address_says(
    given: str, route: str, names: tuple[str, ...], project: Project, person: Callable[..., User], client: Client
) -> None:
    client.force_login(person("chief", "admin"))
    for name in names:
        assert client.get(reverse(route), {name: given}).status_code == 200


@pytest.mark.django_db
@pytest.mark.parametrize("given", ["9" * 19, "9" * 30, "٣"])
def test_a_bulk_action_that_no_number_names_is_not_there(
    given: str, person: Callable[..., User], client: Client
) -> None:
    client.force_login(person("chief", "admin"))
    assert client.get(reverse("admin:operations_bulkaction_change", args=[given])).status_code == 302

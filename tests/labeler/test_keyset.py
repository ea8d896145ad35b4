"""Lists of the admin go on behind the last row, to the very end, at a constant number of queries and with no count."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from labeler import pagination
from labeler.accounts.models import User
from labeler.audit.models import AuditEntry
from labeler.labeling.models import Post, Project, Task
from labeler.pagination import Key

SIZE = 25
START = datetime(2026, 1, 1, tzinfo=UTC)
LIST = "admin:labeling_post_changelist"


@pytest.fixture
def admin(person: Callable[..., User]) -> Client:
    client = Client()
    client.force_login(person("chief", "admin"))
    return client


@pytest.fixture
def posts(ready: Callable[..., Any], cloud: Any) -> list[int]:
    """120 posts, as they are listed: those that came last first."""
    from labeler.labeling.intake import inbox

    cloud.deliver(
        *(
            ready(
                str(number),
                f"Text {number}.",
                language="de" if number % 3 else "en",
            )
            for number in range(120)
        )
    )
    inbox.drain()
    return list(Post.objects.order_by("-pk").values_list("pk", flat=True))


def listed(client: Client, query: str) -> Any:
    page = client.get(reverse(LIST) + query)
    assert page.status_code == 200
    return page.context["cl"]


def behind(pk: int) -> str:
    key = Key.of(Post, ("-pk",))
    return "?" + urlencode({"after": key.written(Post.objects.get(pk=pk))})


def walk(client: Client, query: str, link: str) -> list[list[int]]:
    """The primary keys of each page, following one link to the end."""
    pages = []
    while True:
        found = listed(client, query)
        pages.append([row.pk for row in found.result_list])
        query = getattr(found.paginator, link)
        if not query:
            return pages
        assert len(pages) < 20


def test_next_leads_through_all_rows_and_previous_back(admin: Client, posts: list[int]) -> None:
    pages = walk(admin, "", "after")
    assert [one for page in pages for one in page] == posts
    assert [len(page) for page in pages] == [25, 25, 25, 25, 20]
    last = listed(admin, behind(posts[99]))
    assert [row.pk for row in last.result_list] == posts[100:]
    back = walk(admin, last.paginator.before, "before")
    assert back == [posts[75:100], posts[50:75], posts[25:50], posts[:25]]


def test_filters_go_along_and_another_filter_begins_anew(admin: Client, posts: list[int]) -> None:
    pages = walk(admin, "?language=de", "after")
    assert sum(map(len, pages)) == 80
    found = listed(admin, listed(admin, "?language=de").paginator.after)
    assert found.get_query_string({"language": "en"}) == "?language=en"
    assert found.get_query_string() == "?language=de"


@pytest.mark.parametrize("near", [1000, 30, 3])
def test_rows_that_another_model_leads_to_are_walked_in_full(
    near: int, admin: Client, posts: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pagination, "NEAR", near)
    done = posts[80:]  # far behind, where walking the list would be slow
    Task.objects.filter(post__in=done).update(state="done")
    pages = walk(admin, "?state=done", "after")
    assert [one for page in pages for one in page] == done
    far = listed(admin, "?state=done&" + behind(posts[119])[1:].replace("after", "before"))
    assert [row.pk for row in far.result_list] == posts[94:119]
    both = [row.pk for row in listed(admin, "?state=done&language=en").result_list]
    assert both == [pk for pk in done if Post.objects.get(pk=pk).language == "en"]
    assert walk(admin, "?state=stale", "after") == [[]]
    assert walk(admin, "?agreement=disputed", "after") == [[]]


def test_rows_that_come_or_go_meanwhile_neither_hide_nor_repeat_others(
    admin: Client, posts: list[int], take: Callable[..., Post]
) -> None:
    first = listed(admin, "")
    take("newest", "Newest.", fetched_at="2026-02-01T00:00:00.000000Z")
    assert [row.pk for row in listed(admin, first.paginator.after).result_list] == posts[25:50]


def test_before_the_first_rows_stands_a_whole_first_page(admin: Client, posts: list[int]) -> None:
    found = listed(admin, behind(posts[3]).replace("after", "before"))
    assert [row.pk for row in found.result_list] == posts[:25]
    assert not found.paginator.before


@pytest.mark.parametrize("given", ["x", "1~2", "~", "-1", "9" * 30])
def test_a_key_that_is_none_begins_at_the_first_page(admin: Client, posts: list[int], given: str) -> None:
    for link in ("after", "before"):
        assert [row.pk for row in listed(admin, f"?{link}={given}").result_list] == posts[:25]


def test_the_last_page_takes_as_many_queries_as_the_first_and_skips_no_rows(admin: Client, posts: list[int]) -> None:
    counts = []
    for query in ("", behind(posts[90])):
        with CaptureQueriesContext(
            connection,
        ) as seen:
            listed(admin, query)
        counts.append(len(seen))
        assert not any("OFFSET" in one["sql"] for one in seen)
    assert counts[0] == counts[1]


def test_how_many_there_are_is_said_without_counting_them_all(admin: Client, posts: list[int]) -> None:
    page = admin.get(reverse(LIST)).content.decode()
    if connection.vendor == "postgresql":
        assert "about " in page
    else:
        assert "120 posts" in page
    assert "1 user" in admin.get(reverse("admin:accounts_user_changelist")).content.decode()


def test_estimates_say_what_they_are() -> None:
    assert str(pagination.Estimate(1234, exact=True)) == "1,234"
    assert str(pagination.Estimate(1000, least=True)) == "over 1,000"
    assert [str(pagination.Estimate(one)) for one in (7, 1234, 998_765)] == [
        "about 7",
        "about 1,200",
        "about 1,000,000",
    ]


def test_a_count_ends_early(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pagination, "MOST_COUNTED", 3)
    AuditEntry.objects.bulk_create([AuditEntry(subject="x", action="y") for _ in range(5)])
    if connection.vendor != "postgresql":
        assert str(pagination.estimate(AuditEntry.objects.all())) == "over 3"
        assert str(pagination.estimate(AuditEntry.objects.filter(pk__lt=0))) == "0"


def test_lists_by_other_keys_are_walked_too(admin: Client, project: Project) -> None:
    AuditEntry.objects.bulk_create(
        [AuditEntry(subject="x", action="y", at=START + timedelta(seconds=one // 7)) for one in range(60)]
    )
    User.objects.bulk_create([User(username=f"person~{one:02}") for one in range(40)])
    for address, size in (("admin:audit_auditentry_changelist", 60), ("admin:accounts_user_changelist", 41)):
        query, seen = "", []
        for _ in range(9):
            found = admin.get(reverse(address) + query).context["cl"]
            seen += [row.pk for row in found.result_list]
            query = found.paginator.after
            if not query:
                break
        assert len(seen) == len(set(seen)) >= size


def test_an_order_that_pages_cannot_be_cut_from_is_refused() -> None:
    for ordering in ((), ("-fetched_at", "id"), ("title",)):
        with pytest.raises(ValueError, match="ordering: given"):
            Key.of(Post, ordering)

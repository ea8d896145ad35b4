"""What the token page's scripts and its plain form get from the server."""

import json
import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from labeler.accounts.models import User
from labeler.adjudication import decisions
from labeler.labeling import projects
from labeler.labeling.models import Annotation, Assignment, Draft, Post, Project
from labeler.labeling.pages import work
from labeler.labeling.pages.drawing import drawn
from pipeline.schema import Span, Suggestion

TEXT = "We look for a welder.\nYou read drawings and speak Polish."


@pytest.fixture
def client(labeler: User) -> Client:
    made = Client()
    made.force_login(labeler)
    return made


class Page:
    """Calls the routes of one project as its scripts do."""

    def __init__(self, client: Client, slug: str) -> None:
        self.client, self.slug = client, slug

    def next(self, *exclude: str) -> dict[str, str]:
        response = self.client.get(reverse("labeling:next", args=[self.slug]), {"exclude": exclude})
        return dict(re.findall(r'data-(task|lease|draft|suggestions|starts)="([^"]*)"', response.content.decode()))

    def send(self, route: str, body: Any) -> HttpResponse:
        return self.client.post(  # type: ignore[return-value]
            reverse(f"labeling:{route}", args=[self.slug]), body, content_type="application/json"
        )


@pytest.fixture
def page(client: Client, project: Project) -> Page:
    return Page(client, project.slug)


def answer(lease: str, **changes: Any) -> dict[str, Any]:
    return {
        "lease": lease,
        "key": "key-00000001",
        "kind": "labels",
        "spans": [[4, 5, "Role"]],
        "active": 1.5,
        **changes,
    }


def test_the_page_holds_the_next_post(page: Page, take: Callable[..., Post]) -> None:
    take()
    body = page.client.get(reverse("labeling:label", args=[page.slug])).content.decode()
    assert "<h1>Post 1</h1>" in body
    assert 'role="gridcell">welder</span>' in body


def test_next_leases_one_post_after_the_other(page: Page, take: Callable[..., Post]) -> None:
    take("1")
    take("2", text="Another text.")
    first = page.next()
    second = page.next(first["task"])
    assert first["task"] != second["task"]
    assert Assignment.objects.filter(token__isnull=False).count() == 2
    assert page.client.get(reverse("labeling:next", args=[page.slug]) + f"?exclude={first['task']}&exclude=x&exclude="
                           f"{second['task']}").status_code == 204  # fmt: skip


def test_an_answer_is_saved_once(page: Page, take: Callable[..., Post]) -> None:
    take()
    lease = page.next()["lease"]
    first = page.send("submit", answer(lease))
    assert json.loads(first.content) == {"stored": True, "second_opinion": False, "repeated": False}
    assert json.loads(page.send("submit", answer(lease)).content)["repeated"] is True
    assert [one["label"] for one in Annotation.objects.get().spans] == ["Role"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"spans": [[0, 99, "Role"]]}, "spans[0]"),
        ({"spans": [[2, 2, "Role"]]}, "spans[0]"),
        ({"spans": [[0, 1, "Nonsense"]]}, "spans[0].label"),
        ({"spans": [["0", 1, "Role"]]}, "spans[0]"),
        ({"spans": "all"}, "spans"),
        ({"kind": "maybe"}, "kind"),
        ({"kind": "skip", "spans": [], "reason": "dull"}, "reason"),
        ({"active": "long"}, "active"),
        ({"active": True}, "active"),
        ({"flagged": "yes"}, "flagged"),
        ({"comment": 7}, "comment"),
        ({"key": "short"}, "key"),
        ({"lease": "forged"}, "token"),
    ],
)
def test_what_does_not_fit_is_refused_with_the_reason(
    page: Page, take: Callable[..., Post], change: dict[str, Any], field: str
) -> None:
    take()
    response = page.send("submit", answer(page.next()["lease"]) | change)
    assert response.status_code == 400
    told = json.loads(response.content)
    assert told["field"] == field
    assert "allowed" in told["error"]
    assert not Annotation.objects.exists()


@pytest.mark.parametrize("body", ["", "[]", "{", "null"])
def test_a_body_that_is_no_object_is_refused(page: Page, body: str) -> None:
    assert page.send("submit", body).status_code == 400


def test_nobody_answers_under_the_lease_of_another(
    page: Page, take: Callable[..., Post], person: Callable[..., User]
) -> None:
    take()
    lease = page.next()["lease"]
    page.client.force_login(person("bob"))
    assert page.send("submit", answer(lease)).status_code == 400
    for route in ("renew", "draft"):
        assert page.send(route, {"lease": lease, "state": {}}).status_code == 409
    page.send("release", {"lease": lease})
    assert Assignment.objects.get().token


def test_a_draft_comes_back_with_the_post(page: Page, take: Callable[..., Post]) -> None:
    take()
    lease = page.next()["lease"]
    page.send("draft", {"lease": lease, "state": {"spans": [[0, 1, "Role"]]}})
    assert json.loads(page.next()["draft"].replace("&quot;", '"'))["spans"] == [[0, 1, "Role"]]


def test_a_post_given_back_is_free(page: Page, take: Callable[..., Post]) -> None:
    take()
    page.send("release", {"lease": page.next()["lease"]})
    assert not Assignment.objects.filter(token__isnull=False).exists()


def test_a_page_that_was_left_holds_its_post_a_little_longer(page: Page, take: Callable[..., Post]) -> None:
    take()
    lease = page.next()["lease"]
    page.send("leave", {"lease": lease})
    soon = timezone.now() + timedelta(seconds=90)
    until = Assignment.objects.get().leased_until
    assert until
    assert timezone.now() + timedelta(seconds=60) < until <= soon  # a reload renews after a minute
    page.send("renew", {"lease": lease})
    until = Assignment.objects.get().leased_until
    assert until
    assert until > soon
    Assignment.objects.update(leased_until=timezone.now() + timedelta(seconds=5))
    page.send("leave", {"lease": lease})
    until = Assignment.objects.get().leased_until
    assert until
    assert until <= timezone.now() + timedelta(seconds=5), "leaving makes no lease longer"


@pytest.fixture
def outsider(labeler: User, project: Project) -> Callable[[], None]:
    """Takes the labeler's membership away."""

    def remove() -> None:
        projects.edit(project, {"members": ("somebody-else",)}, by="system")

    return remove


def test_who_is_no_member_any_more_submits_nothing(
    page: Page, take: Callable[..., Post], outsider: Callable[[], None]
) -> None:
    take()
    lease = page.next()["lease"]
    outsider()
    told = json.loads(page.send("submit", answer(lease)).content)
    assert told["field"] == "project"
    assert "member" in told["error"]
    assert not Annotation.objects.exists()


def test_who_is_no_member_any_more_corrects_nothing(
    page: Page, take: Callable[..., Post], outsider: Callable[[], None]
) -> None:
    take()
    page.send("submit", answer(page.next()["lease"]))
    own = Annotation.objects.get()
    outsider()
    for route in ("correct", "correct-plain"):
        response = page.client.get(reverse(f"labeling:{route}", args=[own.pk]))
        assert response.status_code == 403
        assert "membership of a project" in response.content.decode()
    assert page.client.post(reverse("labeling:correct-plain", args=[own.pk]), {"do": "submit"}).status_code == 403
    assert Annotation.objects.count() == 1


def test_undo_returns_the_post_with_its_answer(page: Page, take: Callable[..., Post]) -> None:
    take()
    page.send("submit", answer(page.next()["lease"], comment="sure?", flagged=True))
    response = page.send("undo", {})
    assert response.status_code == 200
    draft = json.loads(re.findall('data-draft="([^"]*)"', response.content.decode())[0].replace("&quot;", '"'))
    assert (draft["spans"], draft["comment"], draft["flagged"]) == ([[4, 5, "Role"]], "sure?", True)


def test_undo_of_nothing_says_so(page: Page) -> None:
    assert page.send("undo", {}).status_code == 204


def test_suggestions_are_token_ranges_and_those_off_the_edges_are_left_out(
    page: Page, take: Callable[..., Post], suggestion: Suggestion
) -> None:
    take(suggestions=(suggestion, Suggestion(15, 20, "Role", 0.5, "gazetteer")))
    assert json.loads(page.next()["suggestions"].replace("&quot;", '"')) == [[4, 5, "Role", 0.9]]


@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,x", "ftp://host/x", ""])
def test_only_links_to_the_web_are_links(page: Page, take: Callable[..., Post], url: str) -> None:
    take(url=url)
    body = page.client.get(reverse("labeling:label", args=[page.slug])).content.decode()
    assert "show on page" not in body


class Form:
    """The page without scripts."""

    def __init__(self, client: Client, address: str) -> None:
        self.client, self.address = client, address
        self.body = client.get(self.address).content.decode()

    def hidden(self, name: str) -> str:
        return re.findall(f'name="{name}" value="([^"]*)"', self.body)[0]

    def press(self, do: str, **fields: Any) -> HttpResponse:
        given = {"lease": self.hidden("lease"), "key": self.hidden("key"), "do": do, **fields}
        response = self.client.post(self.address, given)
        if response.status_code != 302:
            self.body = response.content.decode()
        return response  # type: ignore[return-value]


@pytest.fixture
def form(client: Client, project: Project, take: Callable[..., Post], suggestion: Suggestion) -> Form:
    take(suggestions=(suggestion,))
    return Form(client, reverse("labeling:plain", args=[project.slug]))


def test_the_form_labels_words_side_by_side_as_one_span(form: Form) -> None:
    form.press("add", label="Skill", word=["7", "8", "10"])
    assert [one[:3] for one in Draft.objects.get().state["spans"]] == [
        [4, 5, "Role"], [7, 9, "Skill"], [10, 11, "Skill"],
    ]  # fmt: skip


def test_the_form_draws_a_span_on_one_line_the_one_that_the_admin_draws_it_on(form: Form, project: Project) -> None:
    """The third begins where the first has ended, below the second: its line is free under its first token alone."""
    given = [("Role", [1, 2, 3]), ("Skill", [2, 3, 4, 5]), ("Tool", [4, 5, 6])]
    form.press("remove-0")
    for label, words in given:
        form.press("add", label=label, word=[str(word) for word in words])
    post = Post.objects.get()
    colors = {one.name: one.color for one in project.settings.labels}
    spans = [Span(0, 0, label, words[0], words[-1] + 1) for label, words in given]
    in_admin = re.findall(r'<span class="t (on [^"]*)"', drawn(post, spans, colors))
    assert re.findall(r'<span class="t (on [^"]*)"', form.body) == in_admin
    role, skill, tool = (colors[label] for label, _ in given)
    one, two = f"on a{role}", f"on a{role} b{skill}"
    assert in_admin == [one, two, two, f"on b{skill} a{tool}", f"on b{skill} a{tool}", f"on a{tool}"]


def test_the_form_accepts_and_removes(form: Form) -> None:
    form.press("add", label="Skill", word=["7"])
    form.press("accept-0")
    form.press("remove-1")
    assert form.press("submit").status_code == 302
    assert [one["label"] for one in Annotation.objects.get().spans] == ["Role"]


def test_the_form_leaves_out_what_nobody_decided_on(form: Form) -> None:
    form.press("submit")
    assert Annotation.objects.get().spans == []


@pytest.mark.parametrize(
    ("do", "fields", "words"),
    [
        ("add", {"word": ["1"]}, "Choose a label first."),
        ("add", {"label": "Skill"}, "Tick the words to label first."),
        ("skip", {}, "Choose why the post is skipped."),
        ("skip", {"reason": "other"}, "some words"),
    ],
)
def test_the_form_says_what_is_missing(form: Form, do: str, fields: dict[str, Any], words: str) -> None:
    response = form.press(do, **fields)
    assert response.status_code == 400
    assert words in form.body
    assert not Annotation.objects.exists()


@pytest.mark.parametrize("fields", [{"do": "dance"}, {"do": "add", "label": "Skill", "word": ["999"]}])
def test_the_form_refuses_what_it_does_not_offer(form: Form, fields: dict[str, Any]) -> None:
    do = fields.pop("do")
    assert form.press(do, **fields).status_code == 400


def test_the_form_skips_with_a_reason(form: Form) -> None:
    form.press("skip", reason="not-a-post", comment="a poem", flagged="on")
    row = Annotation.objects.get()
    assert (row.kind, row.reason, row.comment, row.flagged) == ("skip", "not-a-post", "a poem", True)


def test_the_form_tells_who_lost_the_post(form: Form) -> None:
    Assignment.objects.update(labeler=None, token=None, leased_at=None, leased_until=None)
    response = form.press("submit")
    assert response.status_code == 302
    assert "somebody else has it" in form.client.get(response["Location"]).content.decode()


def test_the_form_of_another_does_nothing(form: Form, person: Callable[..., User]) -> None:
    form.client.force_login(person("bob"))
    assert form.press("submit").status_code == 302
    assert not Annotation.objects.exists()
    assert Assignment.objects.get().labeler.username == "ann"  # type: ignore[union-attr]


@pytest.fixture
def corrected(form: Form) -> Form:
    """The form with an answer that was given before, to give it anew."""
    form.press("accept-0")
    form.press("submit")
    return Form(form.client, reverse("labeling:correct-plain", args=[Annotation.objects.get().pk]))


def test_the_form_corrects_an_answer(corrected: Form) -> None:
    assert "Your answer of" in corrected.body
    corrected.press("add", label="Skill", word=["7"])
    corrected.press("remove-0")
    assert corrected.press("submit")["Location"] == reverse("labeling:mine")
    before, now = Annotation.objects.order_by("n")
    assert [one["label"] for one in before.spans] == ["Role"]
    assert ([one["label"] for one in now.spans], now.n, now.current) == (["Skill"], 2, True)
    assert not now.second_opinion
    assert not Draft.objects.exists()


def test_the_form_says_what_is_missing_in_a_correction(corrected: Form) -> None:
    assert corrected.press("add", word=["1"]).status_code == 400
    assert "Choose a label first." in corrected.body


def test_nobody_corrects_what_another_answered(corrected: Form, person: Callable[..., User]) -> None:
    corrected.client.force_login(person("bob"))
    assert corrected.press("submit").status_code == 404
    assert Annotation.objects.count() == 1


@pytest.mark.parametrize(
    ("role", "told"), [("labeler", "An admin makes one"), ("admin", "/admin/labeling/project/add/")]
)
def test_home_without_a_project_leads_on(person: Callable[..., User], client: Client, role: str, told: str) -> None:
    client.force_login(person("ada", role))
    body = client.get(reverse("labeling:home")).content.decode()
    assert "No project yet" in body
    assert told in body


def test_home_tells_what_waits(page: Page, take: Callable[..., Post]) -> None:
    take("1")
    take("2", text="Another text.")
    body = page.client.get(reverse("labeling:home")).content.decode()
    assert "2 waiting for you" in body


def test_my_work_finds_titles_and_labelled_words(page: Page, take: Callable[..., Post]) -> None:
    take()
    page.send("submit", answer(page.next()["lease"]))
    for words, found in (("post 1", True), ("WELD", True), ("drawings", False)):
        body = page.client.get(reverse("labeling:mine"), {"q": words}).content.decode()
        assert ("Post 1</a>" in body) is found


def test_my_work_tells_what_was_done_today(page: Page, take: Callable[..., Post]) -> None:
    for number in ("1", "2"):
        take(number, text=f"{TEXT} {number}")
        page.send("submit", answer(page.next()["lease"], active=150, key=f"key-0000000{number}"))
    yesterday = timezone.now() - timedelta(days=1)
    Annotation.objects.filter(task__post__external_id="1").update(submitted_at=yesterday)
    body = page.client.get(reverse("labeling:mine")).content.decode()
    assert "<b>1</b> post today · 1 span · 2 min at work" in body


def test_my_work_goes_on_behind_the_last_answer_and_back(
    page: Page, take: Callable[..., Post], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(work, "OWN_SHOWN", 2)
    for number in range(1, 6):
        take(str(number), text=f"{TEXT} {number}")
        page.send("submit", answer(page.next()["lease"], key=f"key-0000000{number}"))
    Annotation.objects.update(submitted_at=timezone.now())  # all at once: their ids decide

    def read(query: str) -> tuple[str, dict[str, str]]:
        body = page.client.get(reverse("labeling:mine") + query).content.decode()
        links = {name: unescape(link) for link, name in re.findall(r'href="([^"]*)">(Newer|Older)<', body)}
        return "".join(re.findall(r"Post (\d)</a>", body)), links

    first, links = read("?q=Post")
    assert (first, list(links)) == ("54", ["Older"])
    second, links = read(links["Older"])
    assert (second, list(links)) == ("32", ["Newer", "Older"])
    third, links = read(links["Older"])
    assert (third, list(links)) == ("1", ["Newer"])
    second, links = read(links["Newer"])
    assert (second, list(links)) == ("32", ["Newer", "Older"])
    assert read(links["Newer"])[0] == "54"


@pytest.mark.parametrize("key", ["x", "0001-01-01T00:00:00+23:59~1", "2000-01-01T00:00:00+00:00~1"])
def test_my_work_begins_anew_where_nothing_is_behind_a_key(page: Page, take: Callable[..., Post], key: str) -> None:
    take()
    page.send("submit", answer(page.next()["lease"]))
    for name in ("after", "before"):
        assert "Post 1</a>" in page.client.get(reverse("labeling:mine"), {name: key}).content.decode()


def test_who_was_taken_out_of_the_project_is_told_so_when_taking_back(page: Page, take: Callable[..., Post]) -> None:
    take()
    page.send("submit", answer(page.next()["lease"]))
    projects.edit(Project.objects.get(slug=page.slug), {"members": ("somebody-else",)}, by="system")
    response = page.client.post(reverse("labeling:undo", args=[page.slug]))
    assert (response.status_code, response.json()) == (403, {"error": "You are no longer a member of this project."})
    assert Annotation.objects.get().kind == Annotation.Kind.LABELS


def test_what_was_sent_back_leads_my_work_with_its_comment(
    page: Page, take: Callable[..., Post], person: Callable[..., User]
) -> None:
    take()
    page.send("submit", answer(page.next()["lease"]))
    own = Annotation.objects.get()
    decisions.send_back(own, person("rea", "reviewer"), "the <b>tool</b> is missing")
    body = page.client.get(reverse("labeling:mine")).content.decode()
    assert "the &lt;b&gt;tool&lt;/b&gt; is missing" in body
    assert body.index("Sent back to you") < body.index(">Answers<")
    for route in ("correct", "correct-plain"):
        assert (
            "tool&lt;/b&gt; is missing" in page.client.get(reverse(f"labeling:{route}", args=[own.pk])).content.decode()
        )
    page.send("submit", answer(page.next()["lease"], key="key-00000002"))
    assert "Sent back to you" not in page.client.get(reverse("labeling:mine")).content.decode()

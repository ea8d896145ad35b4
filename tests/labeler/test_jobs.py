"""Pages of annotation jobs, in memory."""

import html
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.staticfiles import finders
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from labeler.accounts.models import User
from labeler.billing import NotForSale
from labeler.jobs import plans
from labeler.services import job_services
from pipeline.annotator import rules
from pipeline.jobs import submissions
from pipeline.jobs.retention import change_plan
from pipeline.jobs.sweep import sweep
from pipeline.jobs.transitions import move
from pipeline.schema import timestamp
from pipeline.schema.job import (
    ARCHIVED,
    CANCELLED,
    COMPLETED,
    DELETING,
    FAILED,
    FREE,
    PENDING,
    PREMIUM,
    RUNNING,
    STATES,
    UPLOADING,
    Job,
)


@pytest.fixture
def ada(person: Callable[..., User], cloud: object, settings: Any) -> User:
    """An account without any role."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # quick, and good enough for tests
    user = person("ada", "")
    user.email = "ada@example.org"
    user.set_password("long and secret")
    user.save()
    return user


@pytest.fixture
def client(ada: User) -> Client:
    made = Client()
    made.force_login(ada)
    return made


def services() -> Any:
    return job_services().jobs


def given(user: User, state: str = COMPLETED, name: str = "posts.txt", **changes: Any) -> Job:
    """A job of a user, put into a state."""
    at = services()
    at.clock.forward(1)
    job = submissions.open_job(
        at, user.labeler_id, at.now(), uuid4().hex,
        file_name=name, size=0, most=1000, annotator="rules", options={},
    )  # fmt: skip
    for key in (job.input_key, job.key(1, "bundle.zip"), job.key(1, "log.txt")):
        at.files.put(key, b"Python\n")
    filled = {"size": 7, "etag": '"e"', "result": 1 if state == COMPLETED else 0, **changes}
    if state in (COMPLETED, FAILED, ARCHIVED):
        filled.setdefault("finished_at", timestamp(at.now()))
        filled.setdefault("summary", {"rows": 2, "spans": 3, "refused_rows": 0, "labels": {"Tool": 3}, "seconds": 1.5})
    return move(at.table, job.user, job.id, lambda old: replace(old, state=state, **filled))


def token(client: Client) -> str:
    page = client.get(reverse("jobs:jobs")).content.decode()
    found = re.search(r'name="page" value="([^"]+)"', page)
    assert found
    return found[1]


def ask(client: Client, **changes: Any) -> Any:
    body = {"page": "", "key": "k1", "annotator": "rules", "name": "a.txt", "size": 5, **changes}
    body["page"] = changes.get("page") or token(client)
    return client.post(reverse("jobs:open"), body, headers={"accept": "application/json"})


def test_an_upload_gets_a_job_and_a_form_for_its_key(client: Client, ada: User) -> None:
    answer = ask(client).json()
    job = services().table.get(ada.labeler_id, answer["job"])
    assert (job.state, answer["fields"]) == (UPLOADING, {"key": job.input_key})


def test_a_repeated_request_of_one_page_makes_one_job(client: Client, ada: User) -> None:
    page = token(client)
    assert ask(client, page=page).json()["job"] == ask(client, page=page).json()["job"]
    assert ask(client, page=page, key="k2").json()["job"] != ask(client, page=page).json()["job"]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": "a.pdf"}, "file"),
        ({"size": 1_000_001}, "size"),
        ({"size": 2 << 30}, "size"),
        ({"size": 0}, "size"),
        ({"annotator": "nope"}, "annotator"),
        ({"annotator": "labels:jobs"}, "annotator"),  # labels are for labelers
        ({"page": "forged"}, "page"),
        ({"size": "many"}, "page"),
        ({"size": "9" * 5000}, "page"),
    ],
)
def test_a_refused_upload_says_which_field(client: Client, changes: dict[str, Any], field: str) -> None:
    answer = ask(client, **changes)
    assert (answer.status_code, answer.json()["field"]) == (400, field)


def test_a_file_that_has_come_gets_no_second_form(client: Client, ada: User) -> None:
    page = token(client)
    made = ask(client, page=page).json()
    services().files.put(made["fields"]["key"], b"x")
    client.post(reverse("jobs:confirm", args=[made["job"]]))
    again = ask(client, page=page)
    assert (again.status_code, again.json()["error"]) == (409, "a.txt: its file has come already.")


@pytest.mark.parametrize(
    ("name", "status"), [("../../x", 400), ("../../x.csv", 200), ("\U0001f642" * 300 + ".txt", 200), ("\a\n.txt", 200)]
)
def test_names_of_files_are_text_and_nothing_else(client: Client, ada: User, name: str, status: int) -> None:
    answer = ask(client, name=name)
    assert answer.status_code == status
    if status == 400:
        assert "file: given x, allowed: .txt" in answer.json()["error"]
        return
    (job,) = services().table.of_user(ada.labeler_id)
    assert "/" not in job.file_name
    assert len(job.file_name) <= 255
    assert job.input_key.startswith(f"jobs/{ada.labeler_id}/{job.id}/0/input.")
    for page in ("jobs:jobs", "jobs:profile"):
        assert client.get(reverse(page)).status_code == 200
    assert client.get(reverse("jobs:job", args=[job.id])).status_code == 200


def test_a_deleted_job_is_gone_for_its_owner_while_its_form_is_still_good(client: Client, ada: User) -> None:
    made = ask(client).json()
    client.post(reverse("jobs:delete", args=[made["job"]]))
    assert client.get(reverse("jobs:job", args=[made["job"]])).status_code == 404
    assert "a.txt</a>" not in client.get(reverse("jobs:jobs")).content.decode()
    services().files.put(made["fields"]["key"], b"sent again")
    services().clock.forward(3 * 3600)
    sweep(services())
    assert services().files.objects == {}
    assert services().table.of_user(ada.labeler_id) == []


def test_a_premium_plan_takes_larger_files(client: Client, ada: User) -> None:
    plans.change(ada, PREMIUM, by="admin")
    assert ask(client, size=1_000_001).status_code == 200


def test_a_confirmed_upload_waits_for_a_worker(client: Client, ada: User) -> None:
    job = ask(client).json()["job"]
    address = reverse("jobs:confirm", args=[job])
    json_only = {"accept": "application/json"}
    assert client.post(address, headers=json_only).status_code == 409  # the file is not there yet
    services().files.put(f"jobs/{ada.labeler_id}/{job}/0/input.txt", b"text\n")
    assert client.post(address, headers=json_only).json() == {"job": job}
    assert services().table.get(ada.labeler_id, job).state == PENDING


def begin(client: Client, **form: Any) -> Any:
    body = {"page": token(client), "annotator": "rules", "kind": "txt", "name": "", **form}
    return client.post(reverse("jobs:begin"), body, follow=True)


def test_without_a_script_a_second_page_sends_the_file_straight_to_the_bucket(client: Client, ada: User) -> None:
    page = begin(client, kind="csv", name="../../x")
    (job,) = services().table.of_user(ada.labeler_id)
    assert page.redirect_chain[-1][0] == reverse("jobs:upload", args=[job.id])
    assert (job.state, job.file_name, job.format) == (UPLOADING, "x.csv", "csv")
    text = page.content.decode()
    arrived = f"http://testserver{reverse('jobs:arrived', args=[job.id])}"
    for part in (f'name="key" value="{job.input_key}"', f'name="success_action_redirect" value="{arrived}"'):
        assert part in text
    assert 'action="https://files.example"' in text
    assert "ends on a bare error of the storage" in text
    assert "form-action 'self' https://uploads.example;" in page["Content-Security-Policy"] + ";"
    services().files.put(job.input_key, b"text\nWe need Python\n")
    done = client.get(reverse("jobs:arrived", args=[job.id]), {"key": "forged", "etag": "forged"}, follow=True)
    assert done.redirect_chain[-1][0] == reverse("jobs:job", args=[job.id])
    assert services().table.get(ada.labeler_id, job.id).state == PENDING


def test_a_page_sent_twice_without_a_script_makes_one_job(client: Client, ada: User) -> None:
    page = token(client)
    begin(client, page=page), begin(client, page=page)
    assert len(services().table.of_user(ada.labeler_id)) == 1
    begin(client, page=page, name="other")
    assert len(services().table.of_user(ada.labeler_id)) == 2


def test_a_file_that_has_not_arrived_is_not_believed_to_have(client: Client, ada: User) -> None:
    begin(client)
    (job,) = services().table.of_user(ada.labeler_id)
    page = client.get(reverse("jobs:arrived", args=[job.id]), follow=True)
    assert "the file has not arrived" in page.content.decode()
    assert services().table.get(ada.labeler_id, job.id).state == UPLOADING


def test_the_page_of_an_upload_never_finished_leads_back_to_it(client: Client, ada: User) -> None:
    begin(client)
    (job,) = services().table.of_user(ada.labeler_id)
    address = reverse("jobs:upload", args=[job.id])
    assert address in client.get(reverse("jobs:job", args=[job.id])).content.decode()
    services().files.put(job.input_key, b"x")
    submissions.confirm(services(), job.user, job.id)
    assert client.get(address)["Location"] == reverse("jobs:job", args=[job.id])


@pytest.mark.parametrize(
    ("form", "says"),
    [
        ({"kind": ""}, "kind: given none, allowed: txt, csv"),
        ({"kind": "exe"}, "kind: given exe"),
        ({"annotator": "nope"}, "annotator: given nope"),
        ({"page": "forged"}, "This page is too old"),
    ],
)
def test_a_plain_form_that_is_refused_says_why(client: Client, form: dict[str, Any], says: str) -> None:
    assert says in begin(client, **form).content.decode()


def rules_file(body: bytes, name: str = "mine.csv") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, body)


def test_rules_of_ones_own_lie_beside_the_input_and_go_with_the_job(client: Client, ada: User) -> None:
    made = ask(client, rules=rules_file(b"phrase,label\npallet jack,Tool\n")).json()
    job = services().table.get(ada.labeler_id, made["job"])
    key = job.options["rules"]
    assert key == f"{job.prefix}0/rules.csv"
    assert services().files.objects[key].body == b"phrase,label\npallet jack,Tool\n"
    assert "rules, own file" in client.get(reverse("jobs:job", args=[job.id])).content.decode()
    assert client.get(reverse("jobs:download", args=[job.id, "rules"]))["Location"] == f"https://files.example/{key}"
    client.post(reverse("jobs:delete", args=[job.id]))
    assert services().files.objects == {}


def test_a_job_without_rules_of_its_own_has_none_to_download(client: Client, ada: User) -> None:
    job = given(ada)
    assert client.get(reverse("jobs:download", args=[job.id, "rules"]))["Location"] == f"/jobs/{job.id}/"


BAD_RULES = [
    (b"phrase,label\nfork,Tool\n,Tool\n", "a.csv", "rules, line 3: given"),
    (b'{"label": "Pay", "pattern": "("}', "a.jsonl", "rules, line 1, pattern: given"),
    (b"name,label\nx,y\n", "a.csv", "no column is called phrase or pattern"),
    (b"\xff\xfe", "a.txt", "UTF-16"),
    (b"", "a.txt", "empty"),
    (b"x", "a.pdf", "rules: given a.pdf, allowed: .txt, .csv, .jsonl"),
    (b"x\n" * 2_000_001, "a.txt", "allowed: 4,000,000 bytes"),
]


@pytest.mark.parametrize(("body", "name", "says"), BAD_RULES)
def test_rules_that_are_wrong_are_told_before_anything_is_made(
    client: Client, ada: User, body: bytes, name: str, says: str
) -> None:
    answer = ask(client, rules=rules_file(body, name))
    assert (answer.status_code, answer.json()["field"]) == (400, "rules")
    assert says in answer.json()["error"]
    assert says in html.unescape(begin(client, rules=rules_file(body, name)).content.decode())
    assert services().table.of_user(ada.labeler_id) == []


def test_the_example_of_rules_that_the_form_offers_is_right(client: Client) -> None:
    page = client.get(reverse("jobs:jobs")).content.decode()
    found = re.search(r'href="/static/(jobs/rules[^"]+)"', page)
    assert found
    example = finders.find(found[1])
    assert example
    assert {kind for kind, _, _ in rules.read(Path(example))} == {"phrase", "pattern"}


def test_on_one_machine_the_archive_need_not_be_waited_for(client: Client, ada: User) -> None:
    plans.of(ada)
    job = given(ada, keep_until=timestamp(services().now() + timedelta(minutes=30)))
    services().files.put(job.bundle_key, b"zip")
    assert "Archive it now" in client.get(reverse("jobs:job", args=[job.id])).content.decode()
    client.post(reverse("jobs:archive-now", args=[job.id]))
    assert services().table.get(ada.labeler_id, job.id).state == ARCHIVED
    assert services().files.head(job.bundle_key).storage_class == "GLACIER"


def test_a_result_that_is_kept_is_not_archived_now_either(client: Client, ada: User) -> None:
    plans.change(ada, PREMIUM, by="root")
    job = given(ada)
    page = client.post(reverse("jobs:archive-now", args=[job.id]), follow=True).content.decode()
    assert "only results of the free plan are" in page
    assert services().table.get(ada.labeler_id, job.id).state == COMPLETED


def test_on_aws_the_archive_keeps_its_time(client: Client, ada: User, settings: Any) -> None:
    settings.ON_AWS = True
    job = given(ada, keep_until=timestamp(services().now() + timedelta(minutes=30)))
    assert client.post(reverse("jobs:archive-now", args=[job.id])).status_code == 404
    assert b"Archive it now" not in client.get(reverse("jobs:job", args=[job.id])).content


def test_uploads_go_to_the_bucket_and_nowhere_else(client: Client) -> None:
    policy = client.get(reverse("jobs:jobs"))["Content-Security-Policy"]
    assert "connect-src 'self' https://uploads.example;" in policy + ";"
    assert "uploads.example" not in client.get(reverse("jobs:profile"))["Content-Security-Policy"]


ROUTES = [
    ("jobs:job", "get", []),
    ("jobs:confirm", "post", []),
    ("jobs:cancel", "post", []),
    ("jobs:retry", "post", []),
    ("jobs:delete", "post", []),
    ("jobs:upload", "get", []),
    ("jobs:arrived", "get", []),
    ("jobs:archive-now", "post", []),
    *(("jobs:download", "get", [what]) for what in ("result", "log", "input", "rules")),
]


@pytest.mark.parametrize(("name", "method", "more"), ROUTES)
def test_another_users_job_is_not_there(
    name: str, method: str, more: list[str], client: Client, ada: User, person: Callable[..., User]
) -> None:
    job = given(person("eve", "admin"))
    assert getattr(client, method)(reverse(name, args=[job.id, *more])).status_code == 404


@pytest.mark.parametrize("state", [state for state in STATES if state != DELETING])
def test_every_state_has_its_words_in_list_and_page(state: str, client: Client, ada: User) -> None:
    job = given(ada, state, reason="No column <b>text</b>", rows_total=4, rows_done=1, keep_until="")
    for page in (client.get(reverse("jobs:jobs")), client.get(reverse("jobs:job", args=[job.id]))):
        assert page.status_code == 200
        assert b"posts.txt" in page.content
        assert b"<b>text</b></p>" not in page.content


def test_the_page_says_that_a_mail_about_the_job_was_refused(client: Client, ada: User) -> None:
    job = given(ada, mails={"completed:1": "refused"})
    assert "mail service refused your address" in client.get(reverse("jobs:job", args=[job.id])).content.decode()


def test_the_list_is_newest_first_and_goes_by_pages(client: Client, ada: User) -> None:
    for number in range(25):
        given(ada, name=f"file-{number:02}.txt")
    page = client.get(reverse("jobs:jobs")).content.decode()
    assert re.findall(r">file-(\d+)\.txt</a>", page)[:2] == ["24", "23"]
    older = re.search(r'href="\?before=(\w+)', page)
    assert older
    rest = client.get(reverse("jobs:jobs"), {"before": older[1]}).content.decode()
    assert re.findall(r">file-(\d+)\.txt</a>", rest) == ["04", "03", "02", "01", "00"]
    assert "Older jobs" not in rest


@pytest.mark.parametrize("before", ["!", "x" * 5000, "\U0001f642" * 20])
def test_a_place_that_is_none_is_the_beginning(client: Client, ada: User, before: str) -> None:
    given(ada)
    assert "posts.txt</a>" in client.get(reverse("jobs:jobs"), {"before": before}).content.decode()


def test_the_list_is_searched_and_filtered(client: Client, ada: User) -> None:
    given(ada, FAILED, name="nurses.csv", reason="x")
    given(ada, COMPLETED, name="bakers.csv")
    page = client.get(reverse("jobs:jobs"), {"q": "NURS", "state": FAILED}).content.decode()
    assert "nurses.csv" in page
    assert "bakers.csv" not in page
    assert "No job fits" in client.get(reverse("jobs:jobs"), {"q": "cooks"}).content.decode()


def test_a_running_job_is_looked_at_again_and_an_ended_one_is_not(client: Client, ada: User) -> None:
    running, ended = given(ada, RUNNING), given(ada)
    assert b"data-moving" in client.get(reverse("jobs:job", args=[running.id])).content
    assert b"data-moving" not in client.get(reverse("jobs:job", args=[ended.id])).content


def test_a_download_is_a_link_made_anew(client: Client, ada: User) -> None:
    job = given(ada)
    answer = client.get(reverse("jobs:download", args=[job.id, "result"]))
    assert (answer.status_code, answer["Location"]) == (302, f"https://files.example/{job.bundle_key}")


def test_an_archived_result_cannot_be_downloaded_but_its_log_can(client: Client, ada: User) -> None:
    job = given(ada, ARCHIVED, result=1)
    assert client.get(reverse("jobs:download", args=[job.id, "result"]))["Location"] == f"/jobs/{job.id}/"
    assert (
        client.get(reverse("jobs:download", args=[job.id, "log"]))["Location"] == f"https://files.example/{job.log_key}"
    )


def test_a_file_that_is_not_there_is_said_to_be_and_no_link_leads_to_an_error_of_the_storage(
    client: Client, ada: User
) -> None:
    lost = given(ada, FAILED, name="lost.txt", attempt=5, reason="5 workers were lost on it.")
    page = client.get(reverse("jobs:download", args=[lost.id, "log"]), follow=True)
    assert "lost.txt has no log to download now." in page.content.decode()


def test_who_has_upgraded_is_not_asked_to_for_what_is_still_archived(client: Client, ada: User) -> None:
    job = given(ada, ARCHIVED, result=1)
    pages = (reverse("jobs:jobs"), reverse("jobs:job", args=[job.id]))
    assert all("Upgrade to restore" in client.get(page).content.decode() for page in pages)
    plans.change(ada, PREMIUM, by="root")
    for page in pages:
        text = client.get(page).content.decode()
        assert "Kept in the archive." in text
        assert "Upgrade to restore" not in text
        assert "Premium brings it back" not in text


def test_jobs_are_cancelled_retried_and_deleted(client: Client, ada: User) -> None:
    waiting, failed = given(ada, PENDING), given(ada, FAILED, reason="x")
    client.post(reverse("jobs:cancel", args=[waiting.id]))
    client.post(reverse("jobs:retry", args=[failed.id]))
    assert services().table.get(ada.labeler_id, waiting.id).state == CANCELLED
    assert services().table.get(ada.labeler_id, failed.id).state == PENDING
    client.post(reverse("jobs:delete", args=[waiting.id]))
    assert services().table.get(ada.labeler_id, waiting.id) is None


def test_what_cannot_be_done_is_said(client: Client, ada: User) -> None:
    job = given(ada)
    page = client.post(reverse("jobs:cancel", args=[job.id]), follow=True)
    assert "cannot be done now" in page.content.decode()


def test_an_account_begins_on_the_free_plan_and_the_jobs_know(client: Client, ada: User) -> None:
    client.get(reverse("jobs:jobs"))
    owner = services().table.owner(ada.labeler_id)
    assert (owner.plan, owner.email, owner.n) == (FREE, "ada@example.org", 1)


def test_an_upgrade_is_told_and_recorded(client: Client, ada: User) -> None:
    client.post(reverse("jobs:plan"), {"plan": PREMIUM})
    assert services().plan(ada.labeler_id) == PREMIUM
    assert [told["user"] for told in job_services().plans.told()] == [ada.labeler_id] * 2  # type: ignore[attr-defined]
    assert list(ada.plan_changes.values_list("plan", "by").order_by("n")) == [(FREE, "system"), (PREMIUM, "ada")]


def test_a_change_that_could_not_be_told_is_told_by_the_worker(ada: User) -> None:
    import threading

    topic: Any = job_services().plans
    topic.away = True
    plans.change(ada, PREMIUM, by="admin")
    topic.away = False
    assert plans.tell_all(threading.Event()) == {"plans told": 1}
    assert plans.tell_all(threading.Event()) == {}
    assert len(topic.told()) == 1


def test_a_new_address_is_told_too(ada: User) -> None:
    plans.of(ada)
    ada.email = "new@example.org"
    ada.save()
    plans.of(ada)
    assert services().table.owner(ada.labeler_id).email == "new@example.org"


def test_an_upgrade_made_while_a_new_address_is_noted_stands(ada: User, monkeypatch: pytest.MonkeyPatch) -> None:
    plans.of(ada)
    ada.email = "new@example.org"
    ada.save()
    real = plans.change

    def late(user: User, plan: str | None, by: str) -> Any:
        real(user, PREMIUM, by="root")
        return real(user, plan, by)

    monkeypatch.setattr(plans, "change", late)
    assert plans.of(ada).plan == PREMIUM


def test_on_aws_nobody_upgrades_themselves(client: Client, ada: User, settings: Any) -> None:
    settings.ON_AWS = True
    page = client.post(reverse("jobs:plan"), {"plan": PREMIUM}, follow=True)
    assert "set by an admin" in page.content.decode()
    assert plans.of(ada).plan == FREE


def test_the_account_says_what_is_kept_until_when(client: Client, ada: User) -> None:
    plans.of(ada)
    given(ada, name="sooner.txt", keep_until="2026-01-01T01:00:00.000000Z")
    given(ada, name="later.txt", keep_until="2026-01-01T02:00:00.000000Z")
    given(ada, ARCHIVED, name="gone.txt", keep_until="2026-01-01T00:00:00.000000Z")
    page = client.get(reverse("jobs:profile")).content.decode()
    assert re.findall(r"(\w+\.txt)</a></dt><dd><time[^>]*>([^<]+)", page) == [
        ("sooner.txt", "1 Jan 2026 01:00 UTC"),
        ("later.txt", "1 Jan 2026 02:00 UTC"),
    ]
    client.post(reverse("jobs:plan"), {"plan": PREMIUM})
    page = client.get(reverse("jobs:profile")).content.decode()
    assert "you delete them" in page
    assert "premium, by you" in page


def test_a_downgrade_is_told_and_gives_kept_results_their_time(client: Client, ada: User) -> None:
    plans.change(ada, PREMIUM, by="root")
    job = given(ada)
    page = client.get(reverse("jobs:profile")).content.decode()
    assert "Back to free" in page
    client.post(reverse("jobs:plan"), {"plan": FREE})
    told: Any = job_services().plans
    assert [one["user"] for one in told.told()][-1] == ada.labeler_id
    change_plan(services(), ada.labeler_id)  # what `thaw` does when it is told
    assert services().table.get(ada.labeler_id, job.id).keep_until


def test_a_plan_is_changed_when_billing_agrees_and_not_before(client: Client, ada: User) -> None:
    asked: list[tuple[str, str]] = []

    class Declined:
        def agree(self, user: AbstractBaseUser, plan: str) -> None:
            asked.append((user.get_username(), plan))
            raise NotForSale("The card was declined.")

    job_services.wire(replace(job_services(), billing=Declined()))
    page = client.post(reverse("jobs:plan"), {"plan": PREMIUM}, follow=True)
    assert "The card was declined." in page.content.decode()
    assert (asked, plans.of(ada).plan) == ([("ada", PREMIUM)], FREE)


@pytest.mark.parametrize("plan", ["", "gold"])
def test_a_plan_that_is_none_is_refused(client: Client, ada: User, plan: str) -> None:
    client.post(reverse("jobs:plan"), {"plan": plan})
    assert plans.of(ada).plan == FREE


def test_an_admin_sets_a_plan(ada: User, person: Callable[..., User]) -> None:
    admin = Client()
    admin.force_login(person("root", "admin"))
    answer = admin.post(reverse("admin:jobs_planchange_add"), {"user": ada.pk, "plan": PREMIUM})
    assert answer.status_code == 302
    assert (plans.of(ada).plan, plans.of(ada).by) == (PREMIUM, "root")


def test_leaving_takes_jobs_files_and_name_and_keeps_the_labels_id(client: Client, ada: User) -> None:
    given(ada)
    given(ada, RUNNING)
    client.get(reverse("jobs:jobs"))
    client.post(reverse("jobs:leave"), {"password": "long and secret"})
    labeler_id = ada.labeler_id
    ada.refresh_from_db()
    assert (ada.username, ada.email, ada.is_active, ada.labeler_id) == (f"left-{labeler_id}", "", False, labeler_id)
    assert (services().table.of_user(labeler_id), services().table.owner(labeler_id)) == ([], None)
    assert services().files.objects == {}


def test_leaving_needs_the_password(client: Client, ada: User) -> None:
    job = given(ada)
    client.post(reverse("jobs:leave"), {"password": "guess"})
    assert services().table.get(ada.labeler_id, job.id)

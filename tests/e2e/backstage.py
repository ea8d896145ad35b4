"""What browser tests need done behind the page: accounts, projects and posts in the labeler's database.

A process of its own, since the browser's driver and the database don't share a thread: `Backstage` sends it one JSON
line a call and reads one back.
"""

import json
import subprocess
import sys
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]


class Backstage:
    """`env`: the environment of the web server under test."""

    def __init__(self, env: Mapping[str, str]) -> None:
        self._child = subprocess.Popen(
            [sys.executable, "-m", "tests.e2e.backstage"],
            cwd=ROOT,
            env=dict(env),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __call__(self, deed: str, **given: Any) -> Any:
        assert self._child.stdin
        assert self._child.stdout
        self._child.stdin.write(json.dumps({"deed": deed, **given}) + "\n")
        self._child.stdin.flush()
        line = self._child.stdout.readline()
        if not line:
            raise RuntimeError(f"backstage ended at {deed!r}")
        answer = json.loads(line)
        if "error" in answer:
            raise RuntimeError(f"{deed}: {answer['error']}")
        return answer["result"]

    def answers(self, slug: str, count: int) -> list[dict[str, Any]]:
        """The current answers of a project, once there are `count` of them, all in S3."""
        found: list[dict[str, Any]] = []
        for _ in range(80):
            found = self("answered", slug=slug)
            if len(found) == count and all(one["stored"] for one in found):
                return found
            time.sleep(0.1)
        raise AssertionError(f"{found}, expected {count}, stored")

    def close(self) -> None:
        assert self._child.stdin
        assert self._child.stdout
        self._child.stdin.close()
        self._child.wait(10)
        self._child.stdout.close()


def account(name: str, role: str = "labeler", password: str = "mill-wheel-7") -> dict[str, Any]:
    from django.contrib.auth.models import Group

    from labeler.accounts.models import User

    user, _ = User.objects.get_or_create(username=name, defaults={"is_staff": role != "labeler"})
    if not user.check_password(password):  # setting it again would end the sessions of browsers that are logged in
        user.set_password(password)
        user.save()
    user.groups.set(Group.objects.filter(name=role))
    return {"labeler_id": user.labeler_id}


def project(slug: str, **changes: Any) -> dict[str, Any]:
    from labeler.labeling import projects
    from pipeline.schema import Label

    if "labels" in changes:
        changes["labels"] = tuple(Label.from_json(one) for one in changes["labels"])
    made, _ = projects.create(slug, slug.replace("-", " ").capitalize())
    projects.edit(made, changes, by="system")
    return {"slug": slug}


def posts(slug: str, texts: list[dict[str, Any]]) -> list[str]:
    """Each of `texts`: `text`, and any other field of a post; `suggest`: [[words, label, score], …]."""
    from django.db import transaction

    from labeler.labeling.intake import revisions
    from labeler.labeling.models import Project
    from pipeline.schema import PostReady, PostScraped, Suggestion, post_id, timestamp
    from pipeline.text import normalise, revision
    from pipeline.tokens import Tokenizer

    models = ROOT / "pipeline" / "models"
    shipped = json.loads((models / "default.json").read_text())
    tokenizer = Tokenizer((models / "default.model").read_bytes(), shipped["name"], shipped["version"])
    at, ids, batch = datetime(2026, 11, 1, tzinfo=UTC), [], []
    for number, given in enumerate(texts):
        fields: dict[str, Any] = dict.fromkeys(("company", "location", "date_posted"), "")
        fields |= {"title": f"Post {number + 1}", "language": "en"}
        fields |= {key: value for key, value in given.items() if key not in ("text", "suggest")}
        text = normalise(given["text"])
        ids.append(post_id(slug, str(number)))
        post = PostScraped(
            project=slug,
            source=slug,
            external_id=str(number),
            post_id=ids[-1],
            revision=revision(text),
            url="https://jobs.example.org/1",
            text=text,
            fetched_at=timestamp(at + timedelta(minutes=number)),
            trace_id="",
            **fields,
        )
        suggested = [
            Suggestion(text.index(words), text.index(words) + len(words), label, score, "test")
            for words, label, score in given.get("suggest", [])
        ]
        batch.append(PostReady(post, tokenizer.encode(text), tuple(suggested), (), "test"))
    with transaction.atomic():
        revisions.take_all(Project.objects.get(slug=slug), batch)
    return ids


def give_away(slug: str, to: str) -> int:
    """Every post of the project goes from who holds it to another labeler, as after ten minutes away."""
    from labeler.accounts.models import User
    from labeler.labeling.answering import answers
    from labeler.labeling.models import Assignment, Project
    from labeler.labeling.tasks import leases

    Assignment.objects.filter(project__slug=slug, token__isnull=False).update(
        leased_until=datetime(2026, 1, 1, tzinfo=UTC)
    )
    count = 0
    while lease := leases.next_task(Project.objects.get(slug=slug), User.objects.get(username=to)):
        answers.submit(lease.token, lease.labeler, answers.Answer("labels"), f"given-away-{lease.task.pk}")
        count += 1
    return count


def answered(slug: str) -> list[dict[str, Any]]:
    """The current answers of a project, oldest first."""
    from labeler.labeling.models import Annotation

    rows = Annotation.objects.filter(project__slug=slug, current=True).exclude(kind=Annotation.Kind.WITHDRAWN)
    return [
        {
            "key": row.record().key,
            "kind": row.kind,
            "n": row.n,
            "title": row.task.post.title,
            "text": row.task.post.text,
            "spans": [[one["label"], row.task.post.text[one["start"] : one["end"]]] for one in row.spans],
            "ranges": [one["tokens"] for one in row.spans],
            "second_opinion": row.second_opinion,
            "seconds": row.active_seconds,
            "guideline": row.guideline_version,
            "suggestions": row.suggestions,
            "reason": row.reason,
            "comment": row.comment,
            "flagged": row.flagged,
            "stored": row.stored_at is not None,
        }
        for row in rows.select_related("task__post", "labeler").order_by("submitted_at", "id")
    ]


def label(slug: str, answers: dict[str, list[list[str]]]) -> int:
    """Labels every post of the project; `answers`: by labeler the phrases with their labels, those that are there."""
    from labeler.accounts.models import User
    from labeler.labeling.answering import answers as given
    from labeler.labeling.models import Project
    from labeler.labeling.pages.page import tokens_of
    from labeler.labeling.tasks import leases

    project, count = Project.objects.get(slug=slug), 0
    for name, phrases in answers.items():
        labeler = User.objects.get(username=name)
        while lease := leases.next_task(project, labeler):
            text, spans = lease.post.text, []
            for words, label in phrases:
                at = text.find(words)
                tokens = tokens_of(lease.post.ranges(), at, at + len(words)) if at >= 0 else None
                spans += [(*tokens, label)] if tokens else []
            given.submit(
                lease.token, labeler, given.Answer("labels", spans=spans), f"label-{lease.task.pk}-{labeler.pk}"
            )
            count += 1
    review()
    return count


def send_back(slug: str, title: str, comment: str, by: str = "ada") -> None:
    """A reviewer gives the current answer to a post back to its labeler."""
    from labeler.accounts.models import User
    from labeler.adjudication import decisions
    from labeler.labeling.models import Annotation

    row = Annotation.objects.get(project__slug=slug, task__post__title=title, current=True)
    decisions.send_back(row, User.objects.get(username=by), comment)


def leases(slug: str) -> dict[str, float]:
    """Titles of the posts that are held, with the seconds each is held for."""
    from django.utils import timezone

    from labeler.labeling.models import Assignment

    held = Assignment.objects.filter(project__slug=slug, leased_until__gt=timezone.now())
    rows = held.values_list("task__post__title", "leased_until")
    return {title: (until - timezone.now()).total_seconds() for title, until in rows if until}


def review() -> None:
    """The worker goes round once for reviewers."""
    import threading

    from labeler.worker.loop import periodic_tasks

    for name in ("compare", "pass-agreed", "rulings", "bulk", "count", "duplicates", "look", "sweep-reviews"):
        periodic_tasks[name].run(threading.Event())


def ids(slug: str) -> dict[str, int]:
    """Primary keys, for addresses of the admin."""
    from labeler.labeling.models import Annotation, Post, Project

    found = Project.objects.get(slug=slug)
    post = Post.objects.filter(project=found).order_by("pk").first()
    annotation = Annotation.objects.filter(project=found, current=True).order_by("pk").first()
    return {
        "project": found.pk,
        "post": post.pk if post else 0,
        "annotation": annotation.pk if annotation else 0,
        "user": annotation.labeler_id if annotation else 0,
    }


def gold(slug: str) -> list[dict[str, Any]]:
    """The decisions of a project, in the order they were made."""
    from labeler.adjudication.models import Gold

    rows = Gold.objects.filter(project__slug=slug).select_related("task__post", "project").order_by("pk")
    return [
        {
            "n": row.n,
            "stored": row.stored_at is not None,
            "comment": row.comment,
            "basis": row.extra.get("basis"),
            "withdrawn": row.extra.get("withdrawn", False),
            "spans": [[one["label"], row.task.post.text[one["start"] : one["end"]]] for one in row.spans],
        }
        for row in rows
    ]


_ALL = (account, project, posts, give_away, answered, label, send_back, leases, review, ids, gold)
DEEDS = {one.__name__: one for one in _ALL}


def main() -> None:
    import django

    django.setup()
    for line in sys.stdin:
        given = json.loads(line)
        answer: dict[str, Any]
        try:
            answer = {"result": DEEDS[given.pop("deed")](**given)}
        except Exception as error:
            answer = {"error": repr(error)}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()

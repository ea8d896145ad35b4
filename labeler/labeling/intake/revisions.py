"""Which text of a posting is to be labelled, and what happens to work on an older one.

The newest `fetched_at` of a (post_id, language) is current, whatever the order of arrival. An untouched task of an
older text is closed; one that is leased or labelled is stale, and its spans become suggestions in the newer text.
"""

from collections import Counter
from collections.abc import Collection, Sequence
from datetime import datetime

from django.db.models import Q
from django.utils import timezone

from labeler.labeling.intake.carry import moved, shared
from labeler.labeling.models import Annotation, Assignment, Ending, Post, Project, Task
from labeler.labeling.tasks import resize, transitions
from labeler.sql import insert
from pipeline.schema import PostEnded, PostReady, Suggestion

CARRIED = "earlier-text"  # who suggests what an older text was labelled with


def take_all(project: Project, batch: Sequence[PostReady]) -> "Counter[str]":
    """Takes prepared posts in; counts what they were: `new`, `revised`, `older`, `prepared` (again) or `repeated`.

    Runs in a transaction that holds the project's row, so that two drains don't both find a post new.
    """
    times = Counter(one.post.post_id for one in batch)
    known = set(Post.objects.filter(project=project, post_id__in=times).values_list("post_id", flat=True))
    # Postings never seen before need no comparing: they go in together.
    alone = {post_id for post_id, count in times.items() if count == 1} - known
    fresh = [one for one in batch if one.post.post_id in alone]
    ended = _ended(project, times)
    posts = [Post.of_message(project, one) for one in fresh]
    for post in posts:
        post.ended = ended.get(post.post_id, "")
    insert(posts)
    transitions.ask(project, posts)
    outcomes = Counter({"new": len(posts)}) if posts else Counter[str]()
    others = (one for one in batch if one.post.post_id not in alone)
    outcomes.update(_take(project, one, ended.get(one.post.post_id, "")) for one in others)
    return outcomes


def _ended(project: Project, post_ids: Collection[str]) -> dict[str, str]:
    """Of postings that have ended, the day each was last seen."""
    known = Ending.objects.filter(project=project, post_id__in=list(post_ids)).exclude(reason="")
    return dict(known.values_list("post_id", "last_seen"))


def note_endings(project: Project, batch: Sequence[PostEnded]) -> "Counter[str]":
    """Marks the posts of postings that have ended, and those of postings that are there again; counts `ended`,
    `open again` and `repeated`. In a transaction as `take_all`."""
    outcomes = Counter[str]()
    for one in batch:
        at = datetime.fromisoformat(one.at)
        told = {"reason": one.reason, "last_seen": one.last_seen, "at": at}
        row, new = Ending.objects.get_or_create(project=project, post_id=one.post_id, defaults=told)
        if not new and row.at >= at:
            outcomes["repeated"] += 1
            continue
        Ending.objects.filter(pk=row.pk).update(**told)
        ended = one.last_seen if one.reason else ""
        posts = Post.objects.filter(project=project, post_id=one.post_id)
        posts.update(ended=ended)
        resize.hold_back(project, [(pk, ended) for pk in posts.values_list("task", flat=True) if pk])
        outcomes["ended" if ended else "open again"] += 1
    return outcomes


def _take(project: Project, ready: PostReady, ended: str) -> str:
    found = Post.objects.filter(project=project, post_id=ready.post.post_id, revision=ready.post.revision).first()
    given = Post.of_message(project, ready)
    given.ended = ended
    if found is None:
        given.current = False
        given.save()
        transitions.ask(project, [given])
        newest = settle(project, given.post_id, given.language)
        if newest.pk != given.pk:
            return "older"
        several = Post.objects.filter(project=project, post_id=given.post_id, language=given.language)[1:2].exists()
        return "revised" if several else "new"
    outcome = "repeated"
    # Of two preparations the one by the project's own tokenizer stands; work that has begun keeps its tokens.
    if (
        found.preparation != given.preparation
        and given.tokenizer == project.settings.tokenizer
        and _untouched(found.task)
    ):
        found.prepare(ready)
        found.save()
        outcome = "prepared"
    if given.fetched_at > found.fetched_at:  # seen again, perhaps after another text
        found.fetched_at, found.details = given.fetched_at, given.details or found.details
        found.save(update_fields=["fetched_at", "details"])
        was = found.current
        settle(project, found.post_id, found.language)
        found.refresh_from_db(fields=["current"])
        if found.current and not was:
            outcome = "revised"
    return outcome


def settle(project: Project, post_id: str, language: str) -> Post:
    """Makes the newest text the current one; returns it."""
    texts = Post.objects.filter(project=project, post_id=post_id, language=language)
    newest = texts.order_by("-fetched_at", "-revision")[:1].get()
    if not newest.current:
        older = texts.filter(current=True).select_related("task").first()
        if older:
            older.current = False
            older.save(update_fields=["current"])
        newest.current = True
        newest.save(update_fields=["current"])
        # Leases stay: who is at an older text may finish, and who comes back too late for it has still answered it.
        transitions.refit([one.task.pk for one in (older, newest) if one])
        if older:
            carry_over(older)
    tasks = list(Task.objects.filter(post__in=texts).values_list("pk", "deleted"))
    if any(deleted for _, deleted in tasks):  # what was taken out must not come back because its page was edited
        transitions.move("delete", [pk for pk, _ in tasks])
    return newest


def carry_over(older: Post, begun_too: bool = False) -> None:
    """Suggests the spans of an older text's annotations in the current one, unless work on that has begun.

    `begun_too`: even then, where what came first is not known any more.
    """
    newer = (
        Post.objects.filter(project=older.project_id, post_id=older.post_id, language=older.language, current=True)
        .select_related("task")
        .first()
    )
    answers = Annotation.objects.filter(task__post=older, current=True, kind=Annotation.Kind.LABELS)
    spans = [{(one["start"], one["end"], one["label"]) for one in answer.spans} for answer in answers]
    if newer is None or not any(spans) or not (begun_too or _untouched(newer.task)):
        return
    blocks, ranges = shared(older.text, newer.text), newer.ranges()
    starts, ends = {start for start, _ in ranges}, {end for _, end in ranges}
    carried = []
    for start, end, label in sorted(set().union(*spans)):
        there = moved(start, end, blocks)
        if there and there[0] in starts and there[1] in ends:
            score = sum((start, end, label) in one for one in spans) / len(spans)
            carried.append(Suggestion(*there, label, round(score, 3), CARRIED))
    taken = {(one.start, one.end, one.label) for one in carried}
    others = [one for one in newer.suggestions if (one.start, one.end, one.label) not in taken and one.by != CARRIED]
    newer.suggested = [one.to_json() for one in sorted([*carried, *others], key=lambda one: (one.start, one.end))]
    newer.save(update_fields=["suggested"])


def _untouched(task: Task) -> bool:
    answered = Annotation.objects.filter(task=task, current=True).exclude(kind=Annotation.Kind.WITHDRAWN)
    return not answered.exists() and not Assignment.objects.filter(_in_work(), task=task).exists()


def _in_work() -> Q:
    return Q(state=Assignment.State.ANSWERED) | Q(leased_until__gt=timezone.now())

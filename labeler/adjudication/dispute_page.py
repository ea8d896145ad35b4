"""What the page of a dispute shows."""

import json

from django.utils.safestring import mark_safe

from labeler.accounts.models import User
from labeler.adjudication import decisions, dispute_queue, dispute_text
from labeler.adjudication import task_annotations as of_task
from labeler.adjudication.agreement.tally import Tally
from labeler.adjudication.disputes import Dispute
from labeler.adjudication.models import Comparison, Gold
from labeler.labeling.models import Annotation, SentBack, Task
from labeler.labeling.pages import fragments, guideline, page
from pipeline.schema import Json

# What review.js imports: fetched at once instead of one after the other.
_NAMES = ("desk", "keyboard", "labels", "paint", "pointer", "post", "server", "side", "spans")
MODULES = tuple(f"labelmill/{name}.js" for name in _NAMES)


def context(task: Task, reviewer: User) -> Json:
    post, project = task.post, task.project
    rows = of_task.answers(task)
    agreed, disputes = of_task.disputes(rows)
    labels = guideline.labels(project.settings.labels)
    slots = {one.name: one.color for one in labels}
    blocks = page.blocks(post.text, post.ranges())
    standing = Gold.objects.filter(task=task, current=True).first()
    # The token page's own grid, for editing what stands.
    spans = [[*one["tokens"], one["label"]] for one in standing.spans if one["tokens"][0] >= 0] if standing else []
    left, done = (
        dispute_queue.counted(project, Comparison.State.DISPUTED),
        dispute_queue.decided_today(project, reviewer),
    )
    return {
        "here": "review",
        "project": project,
        "task": task,
        "title": fragments.title(post),
        "figures": _figures(rows, len(post.words)),
        "answers": [_answer(at, row) for at, row in enumerate(rows)],
        "labels": labels,
        "lanes": mark_safe(dispute_text.html(blocks, agreed, disputes, slots)),  # noqa: S308  (escaped there)
        "language": "" if post.language == "und" else post.language,
        "agreed": len(agreed),
        "disputes": json.dumps([_dispute(one) for one in disputes]),
        "agreed_spans": json.dumps(agreed),
        "seen": max((row.pk for row in rows), default=0),
        "after": decisions.newest_gold(task),
        "standing": standing and _standing(standing, task),
        "article": mark_safe(fragments.editor(task, spans)),  # noqa: S308  (from a template)
        "archived": bool(post.raw),
        "modules": MODULES,
        "left": left,
        "most": dispute_queue.MOST_COUNTED,
        "done": done,
        "all": left + done,
    }


def _figures(rows: list[Annotation], tokens: int) -> list[str]:
    """Agreement on this post, each figure with its unit."""
    tally = Tally()
    tally.add({str(row.pk): of_task.spans(row) for row in rows}, tokens)
    named = {
        "span F1 exact": tally.spans.f1_exact,
        "partial": tally.spans.f1_partial,
        "token α": tally.tokens.value,
    }
    return [f"{name} {value:.2f}" for name, value in named.items() if value is not None]


def _answer(at: int, row: Annotation) -> Json:
    sent = SentBack.objects.filter(task=row.task, labeler=row.labeler).order_by("-pk").first()
    return {
        "letter": chr(ord("A") + at),
        "pk": row.pk,
        "name": row.labeler.get_username(),
        "n": row.n,
        "skipped": row.reason if row.kind == Annotation.Kind.SKIP else "",
        "comment": row.comment,
        "flagged": row.flagged,
        "asked": sent.comment if sent else "",
        "waiting": bool(sent and sent.answer_id is None),
    }


def _dispute(one: Dispute) -> Json:
    return {
        "first": one.first,
        "last": one.last,
        "question": one.question,
        "options": [{"answers": option.answers, "spans": option.spans} for option in one.options],
        "union": one.union,
    }


def _standing(gold: Gold, task: Task) -> Json:
    name = User.objects.filter(labeler_id=gold.by).values_list("username", flat=True).first()
    return {"by": name or gold.by, "at": gold.decided_at, "why": gold.comment, "n": gold.n, "spans": len(gold.spans)}

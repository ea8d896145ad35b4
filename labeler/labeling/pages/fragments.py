"""A leased post as the fragment of HTML the token page works on."""

import json
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from django.template.loader import get_template
from django.utils import timezone
from django.utils.safestring import mark_safe

from labeler.labeling.models import Annotation, Assignment, Post, SentBack
from labeler.labeling.pages import page
from labeler.labeling.tasks.leases import Lease
from pipeline.schema import Suggestion

# What label.js imports: fetched at once instead of one after the other.
MODULES = tuple(
    f"labelmill/{name}.js"
    for name in (
        *("desk", "drafts", "flow", "keyboard", "labels", "lease", "outbox", "paint", "panels", "pointer", "post"),
        *("server", "side", "spans", "status", "store"),
    )
)
LANGUAGES = {
    "ar": "Arabic", "cs": "Czech", "da": "Danish", "de": "German", "en": "English", "es": "Spanish", "fi": "Finnish",
    "fr": "French", "he": "Hebrew", "it": "Italian", "ja": "Japanese", "ko": "Korean", "nl": "Dutch", "no": "Norwegian",
    "pl": "Polish", "pt": "Portuguese", "sv": "Swedish", "th": "Thai", "uk": "Ukrainian", "zh": "Chinese",
}  # fmt: skip


def title(post: Post) -> str:
    """A post without a title is named by how its text begins."""
    return post.title or post.text.strip()[:80] or "Untitled post"


def facts(post: Post) -> list[str]:
    """What stands below the title."""
    given = [post.company, post.location, _posted(post.date_posted), LANGUAGES.get(post.language, post.language)]
    words = page.word_count(post.text, post.ranges(), post.words)
    return [*(one for one in given if one and one != "und"), f"{words} {'word' if words == 1 else 'words'}"]


def _posted(day: str) -> str:
    try:
        when = date.fromisoformat(day[:10])
    except ValueError:
        return ""
    year = "" if when.year == timezone.localdate().year else f" {when.year}"
    return f"posted {when.day} {when:%B}{year}"


def url(post: Post) -> str:
    """Its page, when that is a link people may follow."""
    return post.url if post.url.startswith(("https://", "http://")) else ""


def article(lease: Lease, state: Mapping[str, Any]) -> str:
    """The post with its tokens; `state`: the draft, empty for a post nobody began."""
    task = lease.place.task
    post, ranges = task.post, task.post.ranges()
    context = {
        "task": task.pk,
        "lease": lease.token,
        "title": title(post),
        "facts": facts(post),
        "url": url(post),
        "language": "" if post.language == "und" else post.language,
        "stale": lease.stale,
        "sent_back": sent_back(lease),
        "starts": page.word_starts(post.words),
        "suggestions": json.dumps(suggested(ranges, lease.suggestions)),
        "draft": json.dumps(dict(state)),
        "grid": mark_safe(page.grid_html(page.blocks(post.text, ranges))),  # noqa: S308  (escaped there)
    }
    return get_template("labeling/post.html").render(context)


def sent_back(lease: Lease) -> str:
    """The reviewer's words, where the post is the labeler's own answer sent back."""
    if lease.place.state != Assignment.State.ANSWERED:
        return ""
    sent = SentBack.objects.filter(task=lease.task, labeler=lease.labeler, answer__isnull=True).first()
    return sent.comment if sent else ""


def suggested(ranges: list[tuple[int, int]], given: Iterable[Suggestion]) -> list[tuple[int, int, str, float]]:
    """Suggestions as token ranges; those that fall off the token edges cannot be shown."""
    found = ((page.tokens_of(ranges, one.start, one.end), one) for one in given)
    return [(*tokens, one.label, one.score) for tokens, one in found if tokens]


def state_of(answer: Annotation | None) -> dict[str, Any]:
    """A former answer as the draft it was."""
    if answer is None:
        return {}
    return {
        "spans": [[*one["tokens"], one["label"]] for one in answer.spans if one["tokens"][0] >= 0],
        "flagged": answer.flagged,
        "comment": answer.comment,
        "active": answer.active_seconds,
    }

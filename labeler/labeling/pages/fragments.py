"""A leased post as the fragment of HTML the token page works on."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from django.template.loader import get_template
from django.utils import timezone
from django.utils.safestring import mark_safe

from labeler.labeling.models import Assignment, Post, SentBack, Task
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


def facts(post: Post, words: int) -> list[str]:
    """What stands below the title; `words`: how many its text has."""
    given = [post.company, post.location, _posted(post.date_posted), LANGUAGES.get(post.language, post.language)]
    return [*(one for one in given if one and one != "und"), f"{words} {'word' if words == 1 else 'words'}"]


EMPLOYMENT = {
    "FULL_TIME": "Full-time", "PART_TIME": "Part-time", "CONTRACTOR": "Contract", "TEMPORARY": "Temporary",
    "INTERN": "Internship", "VOLUNTEER": "Volunteer", "PER_DIEM": "Paid by the day", "OTHER": "Other employment",
}  # fmt: skip
WORKPLACES = {"ON_SITE": "On site", "HYBRID": "Hybrid", "TELECOMMUTE": "Remote"}
_UNITS = {"HOUR": "an hour", "DAY": "a day", "WEEK": "a week", "MONTH": "a month", "YEAR": "a year"}
_SIGNS = {"EUR": "€", "GBP": "£", "USD": "$", "JPY": "¥", "INR": "₹"}
_SENIORITY = {
    "INTERNSHIP": "Intern level", "ENTRY_LEVEL": "Entry level", "ASSOCIATE": "Associate level",
    "MID_LEVEL": "Mid level", "SENIOR_LEVEL": "Senior level", "LEAD": "Lead", "DIRECTOR": "Director",
    "EXECUTIVE": "Executive",
}  # fmt: skip


def details(post: Post) -> list[str]:
    """What the posting says beside its text, in words; first whether it has ended."""
    said = post.details
    countries = (_countries().get(code, code) for code in said.get("countries", ()))
    where = [WORKPLACES.get(said.get("workplace", ""), ""), *countries]
    valid_through = said.get("valid_through", "")
    closes, over = _day(valid_through), valid_through < timezone.localdate().isoformat()
    found = [
        f"Ended, last seen {_day(post.ended) or post.ended}" if post.ended else "",
        " or ".join(EMPLOYMENT[word] for word in said.get("employment", ()) if word in EMPLOYMENT),
        ", ".join(filter(None, where)),
        _pay(said.get("salary", {})),
        _SENIORITY.get(said.get("seniority", ""), ""),
        said.get("department", ""),
        f"{'closed' if over else 'closes'} {closes}" if closes else "",
    ]
    return [one for one in found if one]


def _pay(salary: Mapping[str, Any]) -> str:
    bounds = [salary.get(name, 0) for name in ("minimum", "maximum")]
    least, most = (f"{value:,.0f}" if value == int(value) else f"{value:,.2f}" for value in bounds)
    currency = salary.get("currency", "")
    sign = _SIGNS.get(currency, "")
    if not any(bounds):
        return ""
    if not bounds[0]:
        amount = f"up to {sign}{most}"
    elif not bounds[1]:
        amount = f"from {sign}{least}"
    else:
        amount = f"{sign}{least}" if least == most else f"{sign}{least}–{most}"
    return " ".join(filter(None, (amount, "" if sign else currency, _UNITS.get(salary.get("unit", ""), ""))))


@cache
def _countries() -> dict[str, str]:
    """Names of countries in English, by their ISO 3166-1 codes (CLDR)."""
    found: dict[str, str] = json.loads((Path(__file__).parent / "countries.json").read_bytes())
    return found


def _day(day: str) -> str:
    try:
        when = date.fromisoformat(day[:10])
    except ValueError:
        return ""
    return f"{when.day} {when:%B}" + ("" if when.year == timezone.localdate().year else f" {when.year}")


def _posted(day: str) -> str:
    return f"posted {when}" if (when := _day(day)) else ""


def url(post: Post) -> str:
    """Its page, when that is a link people may follow."""
    return post.url if post.url.startswith(("https://", "http://")) else ""


def article(lease: Lease, state: Mapping[str, Any]) -> str:
    """The post with its tokens; `state`: the draft, empty for a post nobody began."""
    assignment = lease.assignment
    task = assignment.task
    post, ranges = task.post, task.post.ranges()
    context = {
        "task": task.pk,
        "lease": lease.token,
        "url": url(post),
        "stale": task.state == Task.State.STALE,
        "sent_back": sent_back(assignment),
        "suggestions": json.dumps(suggested(ranges, lease.suggestions)),
        "draft": json.dumps(dict(state)),
        "left_out": state.get("left_out", ""),
        **_text(post, page.grid(post.text, ranges, post.words)),
    }
    return get_template("labeling/post.html").render(context)


def editor(task: Task, spans: Sequence[Sequence[Any]]) -> str:
    """The same with spans to change, for who holds no lease."""
    post = task.post
    grid = page.grid(post.text, post.ranges(), post.words)
    context = {"task": task.pk, "lease": "", "url": "", "suggestions": "[]", "draft": json.dumps({"spans": spans})}
    return get_template("labeling/post.html").render({**context, **_text(post, grid)})


def _text(post: Post, grid: page.Grid) -> dict[str, Any]:
    return {
        "title": title(post),
        "repeated": post.text.strip().partition("\n")[0].strip() == title(post).strip(),
        "facts": facts(post, grid.words),
        "details": details(post),
        "language": "" if post.language == "und" else post.language,
        "starts": grid.starts,
        "grid": mark_safe(grid.html),  # noqa: S308  (escaped there)
    }


def sent_back(assignment: Assignment) -> str:
    """The reviewer's words, where the post is the labeler's own answer sent back."""
    if assignment.state != Assignment.State.ANSWERED:
        return ""
    sent = SentBack.objects.filter(task=assignment.task, labeler=assignment.labeler, answer__isnull=True).first()
    return sent.comment if sent else ""


def suggested(ranges: list[tuple[int, int]], given: Iterable[Suggestion]) -> list[tuple[int, int, str, float]]:
    """Suggestions as token ranges; those that fall off the token edges cannot be shown."""
    found = ((page.tokens_of(ranges, one.start, one.end), one) for one in given)
    return [(*tokens, one.label, one.score) for tokens, one in found if tokens]

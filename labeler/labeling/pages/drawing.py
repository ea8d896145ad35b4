"""A labelled text for reading: drawn as on the token page, from the same blocks and classes."""

from collections.abc import Mapping, Sequence

from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from labeler.labeling.models import Post
from labeler.labeling.pages import lanes, page
from pipeline.schema import Span


def drawn(post: Post, spans: Sequence[Span], colors: Mapping[str, int]) -> SafeString:
    """The text with its spans; `colors`: slots of the palette by label. Spans off the token edges are listed below."""
    ranges = post.ranges()
    classes = lanes.classes(len(ranges), ((one.first, one.last, one.label) for one in spans), colors)
    names = _names(len(ranges), spans)
    blocks = []
    for block in page.blocks(post.text, ranges):
        row = []
        for index, text in block.pieces:
            if index is None or not classes[index]:
                row.append(format_html("{}", text))
            else:
                row.append(format_html('<span class="t {}" title="{}">{}</span>', classes[index], names[index], text))
        kind = "h" if block.kind == "heading" else "i" if block.kind == "item" else ""
        blocks.append(format_html('<p dir="auto" class="{}">{}{}</p>', kind, _joined(row), block.tail))
    return format_html(
        '<div class="post-text" lang="{}">{}</div>{}', post.language, _joined(blocks), _listed(post, spans)
    )


def _joined(parts: Sequence[SafeString]) -> SafeString:
    return mark_safe("".join(parts))  # noqa: S308  (each was escaped)


def _listed(post: Post, spans: Sequence[Span]) -> SafeString:
    page = reverse("labeling:archived", args=[post.pk]) if post.raw else ""
    rows = ((one.label, _linked(page, post, one), one.start, one.end) for one in spans)
    items = format_html_join("", "<li><b>{}</b> {} <small>[{}, {})</small></li>", rows)
    return format_html('<ol class="post-spans">{}</ol>', items)


def _linked(page: str, post: Post, span: Span) -> SafeString | str:
    """The words of a span, leading to the archived page they came from where there is one."""
    words = post.text[span.start : span.end]
    if not page:
        return words
    return format_html(
        '<a href="{}?start={}&amp;end={}" title="show on page">{}</a>', page, span.start, span.end, words
    )


def _names(count: int, spans: Sequence[Span]) -> list[str]:
    """For each token the names of its labels."""
    names: list[list[str]] = [[] for _ in range(count)]
    for span in sorted(spans, key=lambda one: (one.first, -one.last)):
        for token in names[max(span.first, 0) : max(span.last, 0)]:
            token.append(span.label)
    return [", ".join(one) for one in names]

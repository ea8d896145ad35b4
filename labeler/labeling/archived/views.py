"""A post's page as it was fetched, with a phrase marked: from the WARC, sanitised, with no request to anywhere."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.safestring import mark_safe
from django.views.decorators.http import require_GET

from labeler.accounts.access import allow
from labeler.labeling.models import Post
from labeler.labeling.pages import fragments
from labeler.numbers import read_number
from labeler.services import cloud
from pipeline.ports import ObjectMissing, StoreUnavailable
from pipeline.schema import Raw

POLICY = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'"


@require_GET
@allow("reviewer")
def archived(request: HttpRequest, post: int) -> HttpResponse:
    """`start`, `end`: the phrase, in code points of the post's text; without them nothing is marked."""
    # What reads pages takes 0.1 s to import: only who looks at one pays.
    from labeler.labeling.archived import marking
    from pipeline.web import warc

    found = get_object_or_404(Post.objects.select_related("project"), pk=post)
    start, end = (_number(request.GET.get(name, ""), len(found.text)) for name in ("start", "end"))
    context = {"here": "review", "project": found.project, "title": fragments.title(found), "url": fragments.url(found)}
    status = 200
    try:
        if found.raw is None:
            raise warc.Unreadable("nothing was fetched for this post: it was imported")
        raw = Raw.from_json(found.raw)
        page = warc.fetch_page(cloud().posts, raw.key, raw.offset)
        html, where = marking.shown(page.text, found.text, start, end)
        context |= {"page": page, "html": mark_safe(html), "where": where, "words": found.text[start:end]}  # noqa: S308
    except (warc.Unreadable, ObjectMissing) as error:
        context["error"], status = str(error), 404
    except StoreUnavailable as error:
        context["error"], status = f"S3 is away: {error}", 503
    response = render(request, "labeling/archived.html", context, status=status)
    response["Content-Security-Policy"] = POLICY
    return response


def _number(given: str, most: int) -> int:
    return min(read_number(given) or 0, most)

"""Pages of the API: by primary keys, onwards alone."""

from collections.abc import Callable
from typing import Annotated, Any

from django.db.models import QuerySet
from ninja import Query

from labeler.pagination import Key, Page
from pipeline.schema import Json

Limit = Annotated[int, Query(ge=1, le=200, description="of items in a page")]
After = Annotated[str, Query(pattern=r"^[0-9]{0,18}$", description="`next` of the page before")]


def page(rows: QuerySet[Any], after: str, limit: int, shown: Callable[[Any], Json]) -> Json:
    """`rows` in the order of their primary keys."""
    found: Page[Any] = Key.of(rows.model, ("pk",)).page(rows.order_by("pk"), limit, after)
    return {"items": [shown(row) for row in found.rows], "next": found.after or None}

"""Pages by key: the page after a row is found by its primary key, as quickly at the end as at the start."""

from collections.abc import Callable
from typing import Annotated, Any

from django.db.models import Model, QuerySet
from ninja import Query

Limit = Annotated[int, Query(ge=1, le=200, description="of items in a page")]
After = Annotated[str, Query(pattern=r"^[0-9]{0,18}$", description="`next` of the page before")]


def page(rows: QuerySet[Any], after: str, limit: int, shown: Callable[[Any], dict[str, Any]]) -> dict[str, Any]:
    """`rows` in the order of their primary keys."""
    if after:
        rows = rows.filter(pk__gt=int(after))
    found: list[Model] = list(rows.order_by("pk")[: limit + 1])
    more = len(found) > limit
    return {"items": [shown(row) for row in found[:limit]], "next": str(found[limit - 1].pk) if more else None}

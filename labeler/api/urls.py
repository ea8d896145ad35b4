"""`/api/v1`: the operations, their OpenAPI file, and a page that explains them."""

from django.urls import path

from labeler.accounts.access import ANYBODY, allow
from labeler.api import problems, reference
from labeler.api.routes import gold, imports, labeling, posts, releases

api = reference.Api(
    title="Labelmill",
    version="1",
    description="Import texts, label them, read what people labelled, build and download datasets.",
    docs_url=None,
    urls_namespace="api",
)
problems.install(api)
for module in (posts, labeling, gold, imports, releases):
    api.add_router("", module.router)

urlpatterns = [
    path("docs", allow(ANYBODY)(reference.page), name="api-docs"),
    path("", api.urls),
]

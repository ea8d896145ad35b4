from django.contrib import admin
from django.http import HttpRequest, HttpResponsePermanentRedirect
from django.urls import include, path, re_path, reverse

from labeler.accounts.access import ANYBODY, allow

# Models of the former app `review`, by the app whose admin shows them now.
MOVED = {
    "auditentry": "audit",
    "bulkaction": "operations",
    "comparison": "adjudication",
    "gold": "adjudication",
    "import": "datasets",
    "release": "datasets",
}


@allow(ANYBODY)
def moved(request: HttpRequest, model: str, rest: str) -> HttpResponsePermanentRedirect:
    """Leads from an old address of the admin to the page's new one, which sees to who may read it."""
    query = f"?{request.META['QUERY_STRING']}" if request.META.get("QUERY_STRING") else ""
    page = reverse(f"admin:{MOVED[model]}_{model}_changelist")
    return HttpResponsePermanentRedirect(f"{page}{rest}{query}", preserve_request=True)


handler500 = "labeler.faults.answer"

urlpatterns = [
    path("accounts/", include("labeler.accounts.urls")),
    re_path(rf"^admin/review/(?P<model>{'|'.join(MOVED)})/(?P<rest>.*)$", moved),
    path("admin/", admin.site.urls),
    path("api/v1/", include("labeler.api.urls")),
    path("", include("labeler.labeling.urls")),
    path("review/datasets/", include("labeler.datasets.urls")),
    path("review/", include("labeler.operations.urls")),
    path("review/", include("labeler.adjudication.urls")),
    path("", include("labeler.jobs.urls")),
]

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("accounts/", include("labeler.accounts.urls")),
    path("admin/", admin.site.urls),
    path("api/v1/", include("labeler.api.urls")),
    path("review/datasets/", include("labeler.datasets.urls")),
    path("review/", include("labeler.operations.urls")),
    path("review/", include("labeler.adjudication.urls")),
    path("", include("labeler.jobs.urls")),
    path("", include("labeler.labeling.urls")),
]

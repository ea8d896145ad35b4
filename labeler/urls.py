from django.contrib import admin
from django.contrib.auth.views import LoginView, LogoutView
from django.urls import include, path

from labeler.accounts.access import ANYBODY, allow

urlpatterns = [
    path("accounts/login/", allow(ANYBODY)(LoginView.as_view(redirect_authenticated_user=True)), name="login"),
    path("accounts/logout/", allow(ANYBODY)(LogoutView.as_view()), name="logout"),
    path("admin/", admin.site.urls),
    path("api/v1/", include("labeler.api.urls")),
    path("review/", include("labeler.review.urls")),
    path("", include("labeler.jobs.urls")),
    path("", include("labeler.labeling.urls")),
]

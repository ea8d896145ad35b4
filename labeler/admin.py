"""The admin site: for reviewers and admins; what they may do there is in each app's `admin.py`."""

from typing import TYPE_CHECKING, Any

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

if TYPE_CHECKING:  # the theme's site is Django's, and has no types of its own
    from django.contrib.admin import AdminSite as UnfoldAdminSite
else:
    from unfold.sites import UnfoldAdminSite


class Site(UnfoldAdminSite):
    index_title = "Dashboard"

    def has_permission(self, request: HttpRequest) -> bool:
        return request.user.is_authenticated and "reviewer" in request.user.roles

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The one log-in page; who is logged in and still not let in has the wrong role."""
        if request.user.is_authenticated and not self.has_permission(request):
            raise PermissionDenied("the admin is for reviewers and admins")
        return redirect_to_login(request.GET.get("next") or reverse("admin:index"))

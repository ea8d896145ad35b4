"""The admin site: for reviewers and admins; what they may do there is in each app's `admin.py`."""

from django.http import HttpRequest
from unfold.sites import UnfoldAdminSite


class Site(UnfoldAdminSite):
    def has_permission(self, request: HttpRequest) -> bool:
        return request.user.is_authenticated and "reviewer" in request.user.roles

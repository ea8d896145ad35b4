"""What pages about accounts know beside their own."""

from django.conf import settings
from django.http import HttpRequest

from labeler.accounts.access import is_from_here


def mails_here(request: HttpRequest) -> dict[str, bool]:
    """Whether mails stay on this machine, where a page shows them to who asks from it."""
    return {"mails_here": not settings.ON_AWS and is_from_here(request)}

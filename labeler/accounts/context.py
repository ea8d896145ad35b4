"""What pages about accounts know beside their own."""

from django.conf import settings
from django.http import HttpRequest


def mails_here(request: HttpRequest) -> dict[str, bool]:
    """Whether mails stay on this machine, where a page shows them."""
    return {"mails_here": not settings.ON_AWS}

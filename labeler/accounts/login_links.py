"""Links by which somebody sets a password and gets in, once; and that a password set by mail confirms the address."""

from pathlib import Path

from allauth.account.adapter import get_adapter
from allauth.account.forms import default_token_generator
from allauth.account.models import EmailAddress
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

from labeler.accounts.models import User
from labeler.services import job_services


def site() -> str:
    """Where people find the labeler: on one machine it has another port at each start, and says it in a file."""
    place = Path(settings.STATE_DIR) / "address"
    if not settings.ON_AWS and place.exists():
        return place.read_text()
    return job_services().site_url


def login_link(user: User) -> str:
    """Good for `PASSWORD_RESET_TIMEOUT` seconds, and until the password is set."""
    token = default_token_generator.make_token(user)
    path = reverse("account_reset_password_from_key", kwargs={"uidb36": user_pk_to_url_str(user), "key": token})
    return f"{site()}{path}"


def confirm_address(request: HttpRequest, user: User, **_: object) -> None:
    """Whoever has set a password by a link has read the mail that it came in, or had it from an admin."""
    address = EmailAddress.objects.filter(user=user, email__iexact=user.email, verified=False).first()
    if address:
        get_adapter(request).confirm_email(request, address)

"""`manage.py first_admin EMAIL`: lets the first admin in, where nobody can log in yet."""

from argparse import ArgumentParser
from typing import Any

from allauth.account.models import EmailAddress
from django.conf import settings
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.core.management.base import CommandError
from django.core.validators import validate_email
from django.db import transaction
from django.db.models import Q

from labeler import command
from labeler.accounts.login_links import login_link
from labeler.accounts.models import User

ROLE = "admin"


class Command(command.Command):
    help = (
        "Makes the first admin and prints a link that sets their password, once. Until it was used, running this again "
        "prints a new one; where an admin has a password, it does nothing."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email", help="the admin's address, which they log in by")

    def handle(self, *args: Any, **options: Any) -> None:
        email = str(options["email"]).lower()
        try:
            validate_email(email)
        except ValidationError as error:
            raise CommandError(f"email: given {email!r}, allowed: an address such as anna@example.org") from error
        with transaction.atomic():
            admins = User.objects.filter(Q(groups__name=ROLE) | Q(is_superuser=True), is_active=True)
            known = next((one for one in admins if one.has_usable_password()), None)
            user = None if known else _make(email)
        if user is None:
            self.stdout.write(f"{known} is an admin and can log in: nothing to do. Others are made in the admin pages.")
            return
        days = settings.PASSWORD_RESET_TIMEOUT // 86400
        self.stdout.write(
            f"{email} is an admin. Their password is set here, once, within {days} days:\n{login_link(user)}"
        )


def _make(email: str) -> User:
    confirmed = EmailAddress.objects.filter(email__iexact=email, verified=True).select_related("user").first()
    user = confirmed.user if confirmed else User.objects.filter(email__iexact=email).first()
    user = user or User(username=email[:150], email=email)
    if not confirmed:
        # Whoever signed up by an address that is not proved to be theirs must not keep a password to it.
        user.set_unusable_password()
    user.is_active = user.is_staff = True
    user.save()
    user.groups.add(Group.objects.get(name=ROLE))
    EmailAddress.objects.update_or_create(user=user, email=email, defaults={"verified": True, "primary": True})
    return user

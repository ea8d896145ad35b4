"""`manage.py login_link USER`: lets somebody in whom no mail reaches."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError
from django.db.models import Q

from labeler import command
from labeler.accounts.login_links import login_link
from labeler.accounts.models import User


class Command(command.Command):
    help = "Prints a link by which an account sets its password, once. Give it to nobody but its owner."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("user", help="name or address of the account")

    def handle(self, *args: Any, **options: Any) -> None:
        given = str(options["user"])
        found = User.objects.filter(username=given) or User.objects.filter(Q(email__iexact=given) & ~Q(email=""))
        if len(found) != 1 or not found[0].is_active:
            raise CommandError(f"user: given {given!r}, allowed: name or address of one active account")
        days = settings.PASSWORD_RESET_TIMEOUT // 86400
        self.stdout.write(f"{found[0]} sets a password here, once, within {days} days:\n{login_link(found[0])}")

"""`manage.py demo_accounts`: accounts to look around with on one machine."""

from typing import Any

from django.conf import settings
from django.contrib.auth.models import Group
from django.core.management.base import CommandError

from labeler import command
from labeler.accounts.models import User

# Known to all: the labeler listens on loopback only, and the command refuses to run on AWS.
ACCOUNTS = {"labeler": "labeler", "admin": "admin"}  # name → role
PASSWORD = "labelmill"  # noqa: S105


class Command(command.Command):
    help = "Makes the accounts `labeler` and `admin` for trying things out on one machine, and prints them."

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.ON_AWS:
            raise CommandError("demo accounts have a password that everybody knows: not on AWS")
        for name, role in ACCOUNTS.items():
            user, new = User.objects.get_or_create(username=name, defaults={"is_staff": role == "admin"})
            if new:
                user.set_password(PASSWORD)
                user.save()
                user.groups.add(Group.objects.get(name=role))
            known = user.check_password(PASSWORD)
            self.stdout.write(f"  {name:<9} password {PASSWORD if known else '(changed)'}")

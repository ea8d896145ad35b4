"""`manage.py demo_accounts`: accounts to look around with on one machine."""

from typing import Any

from django.conf import settings
from django.contrib.auth.models import Group
from django.core.management.base import CommandError

from labeler import command
from labeler.accounts.models import User
from labeler.services import cloud

# Known to all: the labeler listens on loopback only, and the command refuses to run on AWS.
ACCOUNTS = {"labeler": "labeler", "admin": "admin"}  # name → role
PASSWORD = "labelmill"  # noqa: S105


class Command(command.Command):
    help = "Makes the accounts `labeler` and `admin` for trying things out on one machine, and prints them."

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.ON_AWS:
            raise CommandError("demo accounts have a password that everybody knows: not on AWS")
        if not User.objects.exists() and next(cloud().labels.list("annotations/"), None):
            raise CommandError(
                "the database is empty and the bucket holds answers, which new accounts would be taken for the authors "
                "of: `manage.py rebuild` first"
            )
        for name, role in ACCOUNTS.items():
            user, new = User.objects.get_or_create(username=name, defaults={"is_staff": role == "admin"})
            if new or not user.has_usable_password():  # as a rebuild makes it
                user.set_password(PASSWORD)
                user.save()
            if new:
                user.groups.add(Group.objects.get(name=role))
            known = user.check_password(PASSWORD)
            self.stdout.write(f"  {name:<9} password {PASSWORD if known else '(changed)'}")

"""`manage.py rebuild`: the database from the buckets."""

import json
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.urls import reverse
from tqdm import tqdm

from labeler import command
from labeler.accounts.login_links import site
from labeler.accounts.models import User
from labeler.labeling.recovery.rebuild import Rebuild

SHOWN = 5  # accounts named


class Command(command.Command):
    help = (
        "Adds to the database what the buckets hold and it lacks: projects, posts, annotations, skips. Into an empty "
        "database it makes all of them. Passwords, sessions, drafts and leases are not in the buckets. May be broken "
        "off and run again."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="closing summary as one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        with tqdm(desc="read", unit=" objects", disable=None) as bar:
            run = Rebuild(bar.update)
            run.run()
        if options["json"]:
            self.stdout.write(json.dumps(run.counts))
        else:
            said = ", ".join(f"{count} {what}" for what, count in run.counts.items() if count)
            self.stdout.write(f"rebuilt: {said or 'the buckets are empty'}")
            self._say_how_people_get_in()

    def _say_how_people_get_in(self) -> None:
        locked_out = [
            user for user in User.objects.filter(is_active=True).order_by("username") if not user.has_usable_password()
        ]
        if not locked_out:
            return
        mailed = [user for user in locked_out if user.email]
        others = [user.username for user in locked_out if not user.email]
        self.stdout.write(f"{len(locked_out)} accounts have no password, for no bucket holds one:")
        if mailed:
            where = f"{site()}{reverse('account_reset_password')}"
            self.stdout.write(f"  {len(mailed)} have an address, and set one by a mail from {where}")
        if others:
            more = f" and {len(others) - SHOWN} more" if len(others) > SHOWN else ""
            self.stdout.write(f"  {len(others)} have none: {', '.join(others[:SHOWN])}{more}")
        self.stdout.write("  `manage.py login_link USER` prints a link for any of them")
        if not settings.ON_AWS:
            self.stdout.write("  `manage.py demo_accounts` gives those of this machine their password back")

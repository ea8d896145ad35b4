"""`manage.py api_key make|list|rotate|revoke`: keys of the HTTP API."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from labeler import command
from labeler.accounts.models import User
from labeler.api import keys
from labeler.api.models import ApiKey


class Command(command.Command):
    help = "Makes, lists, rotates and revokes keys of the HTTP API. A key is shown once, when it is made."

    def add_arguments(self, parser: ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True, metavar="make | list | rotate | revoke")
        make = actions.add_parser("make", help="a key for an account")
        make.add_argument("user", help="its user name")
        make.add_argument("--scope", action="append", choices=keys.SCOPES, required=True, help="repeatable")
        make.add_argument("--name", default="from the command line", help="what it is for")
        actions.add_parser("list", help="all keys, without their secrets")
        rotate = actions.add_parser("rotate", help="a new key for an old one, which works for one more day")
        revoke = actions.add_parser("revoke", help="end a key at once")
        for parser_of in (make, rotate):
            parser_of.add_argument("--days", type=int, default=90, help="until it expires")
        for parser_of in (rotate, revoke):
            parser_of.add_argument("prefix", help="the first characters of the key, as `list` shows them")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["action"] == "list":
            for one in ApiKey.objects.select_related("user").order_by("pk"):
                state = "revoked" if one.revoked_at else f"until {one.expires_at:%Y-%m-%d}"
                self.stdout.write(f"{one.prefix}  {one.user.username}  {','.join(one.scopes)}  {state}  {one.name}")
        elif options["action"] == "make":
            user = User.objects.filter(username=options["user"]).first()
            if user is None:
                raise CommandError(f"user: given {options['user']!r}, allowed: a user name")
            self.stdout.write(keys.make(user, options["name"], options["scope"], options["days"])[1])
        elif options["action"] == "rotate":
            self.stdout.write(keys.rotate(self._key(options["prefix"]), options["days"])[1])
        else:
            keys.revoke(self._key(options["prefix"]))
            self.stdout.write(f"{options['prefix']} is revoked")

    def _key(self, prefix: str) -> ApiKey:
        found = ApiKey.objects.select_related("user").filter(prefix=prefix).first()
        if found is None:
            raise CommandError(f"prefix: given {prefix!r}, allowed: one that `api_key list` shows")
        return found

"""Django's `migrate`, which takes over a database that the version before made."""

from typing import Any

from django.core.management import call_command
from django.core.management.commands import migrate

from labeler import command, upgrade


class Command(command.Command, migrate.Command):
    help = f"{migrate.Command.help} A database that the version before made is upgraded."

    def handle(self, *args: Any, **options: Any) -> None:
        only_some = options["app_label"] or options["plan"] or options["check_unapplied"]
        if only_some or not upgrade.is_due():
            super().handle(*args, **options)
            return
        self.stderr.write(
            "The version before made this database. Accounts, keys, plans and imports stay; posts, labels and reviews "
            "are read anew from the buckets. Drafts, open leases and the list of bulk actions are not kept."
        )
        upgrade.remove_old_tables()
        super().handle(*args, **options)
        upgrade.put_back()
        call_command("rebuild", stdout=self.stderr)
        upgrade.end()

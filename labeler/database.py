"""Brings the SQLite database of one machine up to date. PostgreSQL is migrated by the deployment, never by a start."""

import fcntl
import sys
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor

from labeler import upgrade
from pipeline.stack import StackError

DAMAGE = ("malformed", "not a database")  # in what SQLite says


def check() -> None:
    """Raises `StackError` where the file cannot be read, before anything is written to it: reads its schema, and where
    each table begins."""
    if connection.vendor != "sqlite":
        return
    try:
        with connection.cursor() as cursor:
            for table in connection.introspection.table_names(cursor):
                cursor.execute(f"SELECT 1 FROM {connection.ops.quote_name(table)} LIMIT 1")  # noqa: S608
    except DatabaseError as error:
        if not any(words in str(error) for words in DAMAGE):
            raise
        raise StackError(
            f"the database {connection.settings_dict['NAME']} is damaged ({error}); nothing was changed. What it held "
            "is in the buckets: docs/operations.md, By symptom, says how to go on."
        ) from error


def ready() -> None:
    """Migrates when something is missing, and says so; of several processes one does it and the others wait."""
    if connection.vendor != "sqlite" or connection.is_in_memory_db():  # type: ignore[attr-defined]  # SQLite's alone has it
        return
    state = Path(settings.STATE_DIR)
    state.mkdir(parents=True, exist_ok=True)
    check()
    if not _behind():
        return
    with (state / "migrating").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if _behind():
            print(f"migrating the database {connection.settings_dict['NAME']} …", file=sys.stderr, flush=True)
            call_command("migrate", verbosity=0, interactive=False)


def _behind() -> bool:
    executor = MigrationExecutor(connection)
    return upgrade.is_due() or bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))

"""A database that the version before made: accounts, keys and plans stay; what the buckets hold is read from them anew.

`migrate` calls these functions in their order, and `rebuild` before the last. Each is one transaction and does nothing
where it has been done, so that an upgrade that was broken off goes on with the next `migrate`.
"""

import time

from django.apps import apps
from django.core.management.base import CommandError
from django.core.management.color import no_style
from django.db import connection, transaction
from django.db.migrations.recorder import MigrationRecorder

from labeler.services import cloud
from pipeline import archive

FORMER = "review"  # an app of the version before alone; that its migrations are recorded says that an upgrade is due
REMADE = ("labeling", "jobs")  # apps whose migrations began anew
# What no bucket holds, and who it belongs to, under their own keys: tables before → now. Those before come first.
KEPT = {
    "labeling_project": "labeling_project",
    "jobs_planchange": "jobs_planchange",
    "jobs_handover": "jobs_transfer",
    "review_import": "datasets_import",
}
# Models by what they were called.
RENAMED = {"assignment": "place", "observation": "look", "transfer": "handover"}
# What the version before has to end itself: words → table, condition.
UNFINISHED = {
    "annotations to store": ("labeling_annotation", "stored_at IS NULL"),
    "decisions to store": ("review_gold", "stored_at IS NULL"),
    "review events to store": ("review_reviewevent", "stored_at IS NULL"),
    "audit entries to store": ("review_auditentry", "stored_at IS NULL"),
    "bulk actions": ("review_bulkaction", "state = 'waiting'"),
    "releases to build": ("review_release", "state IN ('waiting', 'running')"),
}
ARCHIVE_SECONDS = 60  # how long posts may be gathered before they are in the archive


def is_due() -> bool:
    return any(app == FORMER for app, _ in MigrationRecorder(connection).applied_migrations())


def remove_old_tables() -> None:
    """Sets aside the rows of `KEPT`. Raises `CommandError`, having changed nothing, where something would be lost."""
    tables = connection.introspection.table_names()
    old = [name for name in tables if name.startswith(tuple(f"{app}_" for app in (FORMER, *REMADE)))]
    if not any(name.startswith(f"{FORMER}_") for name in old):
        return
    _check_finished(old)
    _check_archived()
    # SQLite wants its checks off before the transaction; PostgreSQL drops a table's foreign keys with it.
    with connection.constraint_checks_disabled(), transaction.atomic(), connection.cursor() as cursor:
        for name in KEPT.keys() & set(old):
            cursor.execute(f"CREATE TABLE kept_{name} AS SELECT * FROM {name}")  # noqa: S608
        for name in old:
            cursor.execute(connection.SchemaEditorClass.sql_delete_table % {"table": name})
        for app in REMADE:
            cursor.execute("DELETE FROM django_migrations WHERE app = %s", [app])
        # Rights that somebody was given follow their model into its new app.
        for model in apps.get_models():
            app, name = model._meta.app_label, str(model._meta.model_name)
            was = RENAMED.get(name, name)
            cursor.execute(
                "UPDATE django_content_type SET app_label = %s, model = %s WHERE app_label IN (%s, %s) AND model = %s",
                [app, name, FORMER, app, was],
            )


def put_back() -> None:
    """The rows that were set aside, into the new tables."""
    with transaction.atomic(), connection.cursor() as cursor:
        there = connection.introspection.table_names(cursor)
        for before, now in KEPT.items():
            if f"kept_{before}" not in there:
                continue
            columns = ", ".join(
                f'"{one.name}"' for one in connection.introspection.get_table_description(cursor, f"kept_{before}")
            )
            cursor.execute(f"INSERT INTO {now} ({columns}) SELECT {columns} FROM kept_{before}")  # noqa: S608
            cursor.execute(f"DROP TABLE kept_{before}")
        # The next rows get keys of their own.
        models = [model for model in apps.get_models() if model._meta.db_table in KEPT.values()]
        for sql in connection.ops.sequence_reset_sql(no_style(), models):
            cursor.execute(sql)


def end() -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = %s", [FORMER])


def _check_finished(tables: list[str]) -> None:
    found = []
    with connection.cursor() as cursor:
        for words, (table, condition) in UNFINISHED.items():
            if table in tables:
                cursor.execute(f"SELECT count(*) FROM {table} WHERE {condition}")  # noqa: S608
                (count,) = cursor.fetchone()
                found += [f"{count} {words}"] if count else []
    if found:
        raise CommandError(
            f"this database waits for its worker: {', '.join(found)}. Run the version before until its worker has done "
            "that, then upgrade."
        )


def _check_archived() -> None:
    """Waits for posts that have reached the database before the archive."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT project.slug, post.post_id, post.revision "
            "FROM labeling_post post JOIN labeling_project project ON project.id = post.project_id"
        )
        posts = set(cursor.fetchall())
    deadline = time.monotonic() + ARCHIVE_SECONDS
    while missing := posts - _archived({slug for slug, _, _ in posts}):
        if time.monotonic() > deadline:
            raise CommandError(
                f"the archive lacks {len(missing)} posts of the database, as {' '.join(min(missing))}. Run the version "
                "before and `python -m pipeline.replay --missing` there, then upgrade."
            )
        time.sleep(1)


def _archived(slugs: set[str]) -> set[tuple[str, str, str]]:
    store = cloud().posts
    return {
        (slug, str(row["post_id"]), str(row["revision"]))
        for slug in slugs
        for _, rows in archive.rows(store, archive.objects(store, archive.POSTS, slug), lambda *_: None)
        for row in rows
        if {"post_id", "revision"} <= row.keys()
    }

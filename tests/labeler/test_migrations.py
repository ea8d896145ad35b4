"""Migrations run while the code before still works: none may take away, rename or demand what that code knows."""

import re
from collections.abc import Iterable, Iterator

import pytest
from django.apps import apps
from django.db import migrations, models
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations.base import Operation

FIRST = "0001_initial"  # makes an empty database's tables
GONE = re.compile(r"\b(DROP|RENAME|TRUNCATE|SET NOT NULL)\b", re.IGNORECASE)
TWO_STEPS = (
    "take it out of the code first (`SeparateDatabaseAndState` with `state_operations` alone), "
    "drop it one release later"
)
Names = frozenset[str]


def refused(operation: Operation, let_go: Names = frozenset()) -> Iterator[str]:
    """Why the code before could not bear it; `let_go`: what an earlier migration took out of the code."""
    says = f"{type(operation).__name__} {getattr(operation, 'name', '')}".strip()
    match operation:
        case migrations.DeleteModel() | migrations.RemoveField():
            yield f"{says}: {TWO_STEPS}"
        case migrations.RenameModel() | migrations.RenameField() | migrations.AlterModelTable():
            yield f"{says}: the code before knows the old name; add the new one, copy, and {TWO_STEPS}"
        case migrations.AddField():
            if not _may_be_left_out(operation.field):
                yield f"{says}: the code before writes rows without it; allowed: null=True or db_default"
        case migrations.AlterField():
            if not _may_be_left_out(operation.field):
                yield f"{says}: the code before may write what the new column refuses; allowed: null=True or db_default"
        case migrations.AddConstraint():
            yield f"{says}: the code before may break it; allowed once that code is gone, by RunSQL in a later release"
        case migrations.SeparateDatabaseAndState():
            for inner in operation.database_operations:
                yield from refused(inner, let_go)
        case migrations.RunSQL():
            for sql in _statements(operation.sql):
                if GONE.search(sql) and not let_go & set(re.findall(r"\w+", sql.lower())):
                    yield f"{says} {sql!r:.80}: {TWO_STEPS}"


def let_go_by(operation: Operation) -> Names:
    """The names of what it takes out of the code and leaves in the database."""
    if not isinstance(operation, migrations.SeparateDatabaseAndState) or operation.database_operations:
        return frozenset()
    return frozenset(
        one.name.lower()
        for one in operation.state_operations
        if isinstance(one, migrations.DeleteModel | migrations.RemoveField)
    )


def _may_be_left_out(field: "models.Field[object, object]") -> bool:
    return field.null or field.many_to_many or field.db_default is not models.NOT_PROVIDED


def _statements(sql: object) -> Iterator[str]:
    for one in [sql] if isinstance(sql, str) else sql if isinstance(sql, Iterable) else ():
        yield str(one if isinstance(one, str) else one[0])


def test_the_code_before_bears_every_migration_after_the_first() -> None:
    loader = MigrationLoader(None, ignore_no_migrations=True)
    ours = {one.label for one in apps.get_app_configs() if one.name.startswith("labeler.")}
    found = []
    for app in sorted(ours):
        let_go: Names = frozenset()
        for name in sorted(name for label, name in loader.disk_migrations if label == app):
            operations = loader.disk_migrations[app, name].operations
            if name != FIRST:
                found += [f"{app}.{name}: {why}" for one in operations for why in refused(one, let_go)]
            let_go = let_go.union(*(let_go_by(one) for one in operations))
    assert {label for label, _ in loader.disk_migrations} >= {"labeling", "accounts"} <= ours
    assert found == []


TEXT = models.TextField(blank=True)


@pytest.mark.parametrize(
    "operation",
    [
        migrations.DeleteModel("Post"),
        migrations.RemoveField("post", "title"),
        migrations.RenameModel("Post", "Text"),
        migrations.RenameField("post", "title", "name"),
        migrations.AlterModelTable("post", "posts"),
        migrations.AddField("post", "rank", models.IntegerField(default=0)),  # Django drops the default at once
        migrations.AlterField("post", "rank", models.IntegerField()),
        migrations.AddConstraint("post", models.UniqueConstraint(fields=["title"], name="one_title")),
        migrations.RunSQL("ALTER TABLE labeling_post DROP COLUMN title"),
        migrations.RunSQL(["SELECT 1", ("ALTER TABLE labeling_post RENAME TO posts", None)]),
        migrations.SeparateDatabaseAndState([migrations.RemoveField("post", "title")]),
    ],
    ids=repr,
)
def test_what_the_code_before_cannot_bear_is_refused(operation: Operation) -> None:
    assert list(refused(operation))


@pytest.mark.parametrize(
    "operation",
    [
        migrations.CreateModel("Rank", [("id", models.BigAutoField(primary_key=True))]),
        migrations.AddField("post", "rank", models.IntegerField(null=True)),
        migrations.AddField("post", "rank", models.IntegerField(db_default=0)),
        migrations.AddIndex("post", models.Index(fields=["title"], name="by_title")),
        migrations.SeparateDatabaseAndState(state_operations=[migrations.RemoveField("post", "title")]),
        migrations.RunSQL("CREATE INDEX CONCURRENTLY dropped ON labeling_post (title)"),
    ],
    ids=repr,
)
def test_what_adds_is_allowed(operation: Operation) -> None:
    assert list(refused(operation)) == []


def test_what_the_code_has_let_go_of_may_be_dropped_later() -> None:
    first = migrations.SeparateDatabaseAndState(state_operations=[migrations.RemoveField("post", "title")])
    assert let_go_by(first) == {"title"}
    drop = migrations.RunSQL("ALTER TABLE labeling_post DROP COLUMN title")
    assert list(refused(drop, let_go_by(first))) == []
    assert list(refused(migrations.RunSQL("ALTER TABLE labeling_post DROP COLUMN url"), let_go_by(first)))

"""What a task's and an assignment's state follows from, and their leases, one module writes; the rest only reads."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
WRITER = ROOT / "labeler/labeling/tasks/transitions.py"
MODELS = {"Task", "Assignment"}
RELATED = {"task", "tasks", "assignments"}  # what instances call their tasks and assignments
COLUMNS = {
    *("state", "closed", "deleted", "decided", "labeler", "labeler_id", "token", "leased_at", "leased_until"),
    *("kept_for", "kept_for_id", "annotator_set", "question"),
}
WRITING = {"update", "create", "bulk_create", "bulk_update", "get_or_create", "update_or_create", "save"}
SQL = re.compile(r"\b(UPDATE|INSERT INTO|DELETE FROM)\s+\"?labeling_(task|assignment)\b", re.IGNORECASE)


def writes(source: str) -> Iterator[str]:
    """What in a source writes such a column, by line."""
    tree = ast.parse(source)
    rows = _rows(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and SQL.search(node.value):
            yield f"{node.lineno}: SQL"
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in WRITING:
            named = {one.arg for one in node.keywords}
            given = {str(one.value) for one in ast.walk(node) if isinstance(one, ast.Constant)}
            some = None in named or named & COLUMNS or given & COLUMNS or not (named or given)
            if some and _of(node.func.value, rows):
                yield f"{node.lineno}: {node.func.attr}"
        if isinstance(node, ast.Assign | ast.AugAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            for target in targets:
                if isinstance(target, ast.Attribute) and target.attr in COLUMNS and _of(target.value, rows):
                    yield f"{node.lineno}: {target.attr} ="


def _rows(tree: ast.AST) -> set[str]:
    """Names that stand for tasks, assignments or queries of them."""
    found = set(MODELS)
    while True:
        before = len(found)
        for node in ast.walk(tree):
            if isinstance(node, ast.Assign) and _of(node.value, found):
                found |= {one.id for one in node.targets if isinstance(one, ast.Name)}
            if isinstance(node, ast.For | ast.comprehension) and _of(node.iter, found):
                found |= {one.id for one in [node.target] if isinstance(one, ast.Name)}
            if isinstance(node, ast.arg) and node.annotation and _says(node.annotation):
                found.add(node.arg)
        if len(found) == before:
            return found


def _says(annotation: ast.AST) -> bool:
    names = [one.id for one in ast.walk(annotation) if isinstance(one, ast.Name)]
    names += [one.value for one in ast.walk(annotation) if isinstance(one, ast.Constant) and isinstance(one.value, str)]
    return any(re.search(r"\b(Task|Assignment)\b", one) for one in names)


def _of(value: ast.AST, rows: set[str]) -> bool:
    """Whether an expression stands for tasks or assignments: a chain of calls and attributes that begins at one."""
    while True:
        if isinstance(value, ast.Attribute):
            if value.attr in RELATED:
                return True
            if value.attr == "State" or value.attr in COLUMNS:
                return False
            value = value.value
        elif isinstance(value, ast.Call):
            inner = value.func
            if isinstance(inner, ast.Name):
                return inner.id in rows or (inner.id == "list" and bool(value.args) and _of(value.args[0], rows))
            value = inner
        elif isinstance(value, ast.Subscript):
            value = value.value
        else:
            return isinstance(value, ast.Name) and value.id in rows


def test_no_other_module_writes_them() -> None:
    modules = [one for one in sorted((ROOT / "labeler").rglob("*.py")) if "migrations" not in one.parts]
    assert WRITER in modules
    found = [f"{one.relative_to(ROOT)}:{line}" for one in modules if one != WRITER for line in writes(one.read_text())]
    assert found == []
    assert len(list(writes(WRITER.read_text()))) > 10


@pytest.mark.parametrize(
    "source",
    [
        "Task.objects.filter(pk=1).update(state='done')",
        "Assignment.objects.update(**free)",
        "open_ones = Assignment.objects.filter(task=1)\nopen_ones.exclude(state='x').update(token=None)",
        "for one in Task.objects.all():\n    one.state = 'done'\n    one.save()",
        "def close(task: Task) -> None:\n    task.closed = True",
        "def close(task: 'Task') -> None:\n    task.save(update_fields=['closed'])",
        "post.task.assignments.update(kept_for=None)",
        "Assignment.objects.create(task=task, labeler=ann)",
        "x = 'UPDATE labeling_task SET rank = 1'",
        'x = f"""update labeling_assignment set token = {no}"""',
    ],
)
def test_whatever_writes_them_is_seen(source: str) -> None:
    assert list(writes(source))


@pytest.mark.parametrize(
    "source",
    [
        "Task.objects.filter(pk=1).update(rank=3)",
        "Comparison.objects.filter(task=task).update(state='agreed')",
        "def rank(task: Task) -> None:\n    task.rank = 3\n    task.save(update_fields=['rank'])",
        "found = Task.objects.filter(state='open')",
        "x = 'SELECT state FROM labeling_task'",
    ],
)
def test_what_reads_or_writes_something_else_is_not_taken_for_it(source: str) -> None:
    assert not list(writes(source))

"""Projects, and tasks with their posts, from the rows of statements."""

from labeler.labeling.models import Post, Project, Task
from labeler.sql import Columns, Row

_PROJECT = Columns(Project, "project", without=["body"])
_TASK = Columns(Task, "task")
# What only the admin shows stays in the database.
_POST = Columns(Post, "post", without=["raw", "extra"])

_PROJECT_SIZE, _TASK_SIZE = len(_PROJECT) + 1, len(_TASK)  # with the body

PROJECT = f"{_PROJECT.sql}, project.body"  # of labeling_project AS project
TASK = f"{_TASK.sql}, {_POST.sql}"  # of labeling_task AS task, labeling_post AS post


def project(row: Row) -> Project:
    """From the columns of `PROJECT`."""
    *values, body = row
    made = _PROJECT.made(values)
    made.hold(body)
    return made


def task(row: Row, project: Project) -> Task:
    """From the columns of `TASK`, with its post."""
    made = _TASK.made(row[:_TASK_SIZE])
    made.post = _POST.made(row[_TASK_SIZE:])
    made.project = made.post.project = project
    return made


def task_of_project(row: Row) -> Task:
    """From the columns of `PROJECT` and `TASK`."""
    return task(row[_PROJECT_SIZE:], project(row[:_PROJECT_SIZE]))

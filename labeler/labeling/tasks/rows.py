"""What statements select of a project, and of a task with its post: `PROJECT`, `TASK` and `POST` under these names."""

from labeler.labeling.models import Post, Project, Task
from labeler.sql import Columns

PROJECT = Columns(Project, "project", without=["body"])  # that comes last in the row, see `Project.hold`
TASK = Columns(Task, "task")
POST = Columns(Post, "post", without=["raw", "extra"])  # which only the admin shows

"""Pages of other apps that lead on from a project, or from a task of it: each app adds its own when it starts."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Link:
    """`page`: the name of its address, which takes the project's slug, and of a task's page the task's key too."""

    title: str
    page: str


of_project: list[Link] = []
of_task: list[Link] = []

"""What can be chosen to annotate with, as the form offers it."""

from dataclasses import dataclass

from labeler.accounts.models import User
from labeler.labeling.models import Project
from labeler.labeling.tasks.membership import may_label
from pipeline.annotator import registry
from pipeline.annotator.plugin import Annotator, Option
from pipeline.jobs.states import NotAllowed
from pipeline.schema.job import Job


@dataclass(frozen=True, slots=True)
class Choice:
    value: str  # annotator, or annotator:project
    title: str
    takes_rules: bool
    formats: tuple[str, ...]


def choices(user: User) -> list[Choice]:
    """Annotators that learn from labels are offered once a project, to those who may see its labels."""
    found: list[Choice] = []
    for annotator in _annotators():
        if not _examples(annotator):
            rules = any(option.kind == "rules" for option in annotator.options)
            found.append(Choice(annotator.name, annotator.title, rules, annotator.formats))
        elif "labeler" in user.roles:
            found += [
                Choice(f"{annotator.name}:{project.slug}", f"Labels of {project.name}", False, annotator.formats)
                for project in Project.objects.order_by("name")
                if may_label(project, user)
            ]
    return found


def read(user: User, value: str) -> tuple[str, dict[str, str]]:
    """(annotator, its options) of a choice. Raises `LookupError` for what was not offered."""
    if value not in {one.value for one in choices(user)}:
        raise LookupError(value)
    name, _, project = value.partition(":")
    option = _examples(registry.find(name))
    return name, {option: project} if option else {}


def check(user: User, job: Job) -> None:
    """A project that an opened job names may have been closed to its owner since. Raises `NotAllowed`."""
    option = _examples(registry.find(job.annotator)) if job.annotator in registry.names() else ""
    if option in job.options:
        value = f"{job.annotator}:{job.options[option]}"
        if value not in {one.value for one in choices(user)}:
            raise NotAllowed(f"you may not see the labels of project {job.options[option]!r}")


def own_file(name: str) -> Option | None:
    """The option of an annotator that takes a file of rules of the user's own."""
    return next((option for option in registry.find(name).options if option.kind == "rules"), None)


def _examples(annotator: Annotator) -> str:
    return next((option.name for option in annotator.options if option.kind == "examples"), "")


def _annotators() -> list[Annotator]:
    found = []
    for name in registry.names():
        try:
            found.append(registry.find(name))
        except registry.BrokenAnnotator:
            continue  # `python -m pipeline.annotator list` says what is wrong with it
    return found

"""What can be chosen to annotate with, as the form offers it."""

from dataclasses import dataclass

from labeler.accounts.models import User
from labeler.labeling.models import Project
from pipeline.annotator import registry
from pipeline.annotator.plugin import Annotator, Option


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
            ]
    return found


def read(user: User, value: str) -> tuple[str, dict[str, str]]:
    """(annotator, its options) of a choice. Raises `LookupError` for what was not offered."""
    if value not in {one.value for one in choices(user)}:
        raise LookupError(value)
    name, _, project = value.partition(":")
    option = _examples(registry.find(name))
    return name, {option: project} if option else {}


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

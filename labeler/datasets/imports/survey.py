"""What an import would take, row by row, with the reasons where not; nothing is written."""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import BinaryIO

from django.utils import timezone

from labeler.datasets.imports import files
from labeler.datasets.imports.options import Options
from labeler.datasets.imports.preparing import Prepared, Preparer
from labeler.datasets.imports.rows import Origin
from labeler.labeling import projects, starter
from labeler.labeling.labels import layers
from labeler.services import cloud
from pipeline import tokenizers
from pipeline.projects import Project as Pinned
from pipeline.projects import Projects
from pipeline.schema import ProjectSettings, timestamp
from pipeline.steps import preparation
from pipeline.suggestions import suggester

Progress = Callable[[int], object]


def survey(
    slug: str, file: BinaryIO, form: str, sha256: str, options: Options, progress: Progress = lambda _: None
) -> Iterator[Prepared]:
    """The project need not exist."""
    origin = Origin(slug, sha256, form, options.source, options.language, timestamp(timezone.now()))
    project = projects.find(slug)
    settings = project.settings if project else starter.settings(slug, slug, "system", origin.at)
    if options.create:
        wanted = layers.named(files.labels(file, form, options))
        have = settings.labels if project or not wanted else ()
        settings = projects.changed(settings, {"labels": (*have, *layers.lacking(have, wanted))})
    preparer = Preparer(Projects(cloud().labels, cloud().posts), origin, Now(), _pinned(settings))
    for one in preparer.all(files.rows(file, form, options)):
        progress(1)
        yield one


def _pinned(settings: ProjectSettings) -> Pinned:
    shipped = settings.tokenizer == starter.tokenizer()
    tokenizer = tokenizers.default() if shipped else tokenizers.fetch(cloud().posts, settings.tokenizer)
    return Pinned(settings, tokenizer, suggester(settings), preparation(settings.tokenizer, settings.gates))


class Now:
    """The clock of the application."""

    def now(self) -> datetime:
        return timezone.now()

"""Makes the files that an annotator's options name: a user's own file, or examples from a project's labels."""

from collections.abc import Callable, Mapping
from pathlib import Path

from pipeline.jobs.job import Job
from pipeline.jobs.ports import JobFiles
from pipeline.ports import ObjectMissing

from .plugin import Annotator, BadInput

Examples = Callable[[str, Path], None]  # writes what a project's labels say into a file


def fetch(job: Job, annotator: Annotator, files: JobFiles, examples: Examples, folder: Path) -> Mapping[str, Path]:
    """Option → file. Raises `BadInput` for an option the annotator does not have, or a file that is not there."""
    kinds = {option.name: option.kind for option in annotator.options}
    found = {}
    for name, given in job.options.items():
        if name not in kinds:
            raise BadInput(f"option {name!r}: annotator {annotator.name} has {', '.join(kinds) or 'none'}")
        if kinds[name] == "examples":
            path = folder / f"{name}.jsonl"
            examples(given, path)
        else:
            path = folder / f"{name}-{Path(given).name}"
            try:
                files.download(given, path)
            except ObjectMissing as error:
                raise BadInput(f"option {name!r}: its file never arrived") from error
        found[name] = path
    return found

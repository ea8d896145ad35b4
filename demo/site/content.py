"""The postings of the sample site, as read from `content/`: a folder an employer, a Markdown file a posting.

`employer.toml` describes the employer. A posting is TOML between two `+++` lines, then its text in Markdown.
`NAME.2.md` is what `NAME.md` says from revision 2 on.
"""

import datetime
import tomllib
from dataclasses import dataclass, field
from pathlib import Path

FOLDER = Path(__file__).parent / "content"
REVISIONS = (1, 2)


class ContentError(ValueError):
    """A file of the content cannot be used; says which, and why."""


@dataclass(frozen=True, slots=True)
class Pay:
    """What a posting says it pays: `low` to `high` (the same when it is one sum) in `currency` for each `unit`."""

    low: float
    high: float
    currency: str  # ISO 4217
    unit: str  # HOUR, MONTH or YEAR, as schema.org has it


@dataclass(frozen=True, slots=True)
class Employer:
    """Who hires, and how its pages are made.

    `shape` is one of `jobposting.SHAPES`. `script` says which pages are empty until their script has run:
    `none`, `list` or `posting`. `entities` writes every letter outside ASCII as an HTML entity.
    """

    slug: str
    name: str
    language: str  # en, de, fr
    industry: str
    place: str
    color: str
    about: str
    shape: str
    script: str = "none"
    entities: bool = False


@dataclass(frozen=True, slots=True)
class Posting:
    """One posting. `also_at` are further addresses of the same posting; `text` is Markdown."""

    employer: Employer
    slug: str
    id: str  # unique on the whole site
    title: str
    place: str
    country: str  # ISO 3166-1 alpha-2
    posted: datetime.date
    text: str
    until: datetime.date | None = None
    hours: tuple[str, ...] = ("FULL_TIME",)
    pay: Pay | None = None
    remote: bool = False
    featured: bool = False
    also_at: tuple[str, ...] = field(default=())

    @property
    def path(self) -> str:
        return f"/{self.employer.slug}/jobs/{self.slug}"

    @property
    def paths(self) -> tuple[str, ...]:
        return self.path, *self.also_at


def load(revision: int = 1) -> list[Posting]:
    """Every posting as the site shows it at `revision`, by employer, the newest first."""
    if revision not in REVISIONS:
        raise ContentError(f"revision: given {revision!r}, allowed: {', '.join(map(str, REVISIONS))}")
    found = []
    for folder in sorted(FOLDER.iterdir()):
        employer = _employer(folder)
        files = {file.stem: file for file in folder.glob("*.md") if "." not in file.stem}
        if revision > 1:
            files |= {file.stem.removesuffix(f".{revision}"): file for file in folder.glob(f"*.{revision}.md")}
        postings = [posting(employer, slug, file) for slug, file in files.items()]
        found += sorted(postings, key=lambda one: (-one.posted.toordinal(), one.id))
    return found


def _employer(folder: Path) -> Employer:
    file = folder / "employer.toml"
    try:
        return Employer(slug=folder.name, **tomllib.loads(file.read_text("utf-8")))
    except (OSError, TypeError, tomllib.TOMLDecodeError) as error:
        raise ContentError(f"{file}: {error}") from error


def posting(employer: Employer, slug: str, file: Path) -> Posting:
    """The posting in `file`. Raises `ContentError` for what is missing, unknown or not TOML."""
    try:
        before, head, text = file.read_text("utf-8").split("+++\n", 2)
        if before:
            raise ContentError(f"{file}: given {before!r:.40} as its beginning, allowed: +++")
        facts = tomllib.loads(head)
        for name in {"hours", "also_at"} & facts.keys():
            facts[name] = tuple(facts[name])
        if "pay" in facts:
            facts["pay"] = Pay(**facts["pay"])
        return Posting(employer=employer, slug=slug, text=text.strip() + "\n", **facts)
    except (TypeError, ValueError) as error:
        raise ContentError(f"{file}: {error}") from error

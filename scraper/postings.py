"""What a source is given and what it gives back: a fetched page in, postings, links and reasons out. No I/O."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field


class LayoutChanged(Exception):
    """A source brought nothing where it should have brought posts."""

    def __init__(self, address: str, seen: str) -> None:
        super().__init__(f"no posting was found at {address} ({seen}): the pages may have changed")


@dataclass(frozen=True, slots=True)
class Posting:
    """A posting as a source reads it, before any normalisation.

    `external_id` is empty where the page names none: the address is its id then. `description` is HTML where
    `markup` says so, text otherwise.
    """

    title: str
    description: str
    markup: bool
    external_id: str = ""
    url: str = ""
    company: str = ""
    location: str = ""
    date_posted: str = ""
    fetched_at: str = ""  # RFC 3339; where a row of a file says when it was read


@dataclass(frozen=True, slots=True)
class Skip:
    """A posting or page that is left out, and why. `reason` is a short name that is counted."""

    reason: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Link:
    """An address worth following.

    `turns` when it is the next page of the same list, which is no step deeper. `own` when it is in the page's own
    part, outside of what every page of a site repeats (navigation, header, footer). `changed`: when the site says
    that the page was last changed, in its own words; empty where it says nothing.
    """

    url: str
    turns: bool = False
    own: bool = True
    changed: str = ""


@dataclass(slots=True)
class Reading:
    """What one page gave.

    `bare`: the page as sent holds no posting, and a script may fill it: unless its own links lead on, worth a look
    with the browser.
    `partial`: some of its postings were left for another crawl, so it must be read again.
    `notes` are counted like reasons, but of posts that were kept: `cut`, `repaired`, `charset`.
    """

    postings: list[Posting] = field(default_factory=list)
    skips: list[Skip] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    bare: bool = False
    partial: bool = False

    @classmethod
    def of(cls, found: Iterable[Posting | Skip]) -> "Reading":
        """Postings apart from what is left out."""
        reading = cls()
        for posting in found:
            if isinstance(posting, Skip):
                reading.skips.append(posting)
            else:
                reading.postings.append(posting)
        return reading


@dataclass(frozen=True, slots=True)
class SourceConfig:
    """A configured source: `name` scopes its ids, `kind` says who reads it, `fields` maps ours to its own."""

    name: str
    kind: str
    address: str
    fields: Mapping[str, str] = field(default_factory=dict)

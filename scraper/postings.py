"""What a source is given and what it gives back: a fetched page in, postings, links and reasons out. No I/O."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Posting:
    """A posting as a source reads it, before any normalisation.

    `external_id` is empty where the page names none: the address is its id then. `description` is HTML where
    `markup` says so, text otherwise. `date_posted` is ISO 8601
    where that is sure, otherwise as the source writes it: the page's language decides then.
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
    page: str = ""  # the address of the page it stands on by itself; its `url` where that is not known
    # What else is said of it, as the source writes it, by the names of details.py: employmentType, baseSalary, …
    said: Mapping[str, Any] = field(default_factory=dict, hash=False)


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
    body: str = ""  # JSON to be sent there (POST); such an address answers each body differently


@dataclass(slots=True)
class Reading:
    """What one page gave.

    `teasers`: postings whose own page is another, named in their `url` and among the links; they count only where
    that page gives none.
    `bare`: the page as sent holds no posting, and a script may fill it: unless its own links lead on, worth a look
    with the browser.
    `partial`: some of its postings were left for another crawl, so it must be read again.
    `notes` are counted like reasons, but of posts that were kept: `cut`, `repaired`, `charset`.
    """

    postings: list[Posting] = field(default_factory=list)
    teasers: list[Posting] = field(default_factory=list)
    skips: list[Skip] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    bare: bool = False
    partial: bool = False

    def add(self, found: Posting | Skip) -> None:
        """A posting, or why it is left out."""
        if isinstance(found, Skip):
            self.skips.append(found)
        else:
            self.postings.append(found)


@dataclass(frozen=True, slots=True)
class SourceConfig:
    """A configured source: `name` scopes its ids, `kind` says who reads it, `fields` maps ours to its own."""

    name: str
    kind: str
    address: str
    fields: Mapping[str, str] = field(default_factory=dict)

    def check_fields(self, *allowed: str) -> None:
        """Raises ValueError for a field that the kind does not know."""
        for name in self.fields:
            if name not in allowed:
                raise ValueError(f"--field: given {name!r}, allowed: {', '.join(allowed)}")

    def web_address(self) -> str:
        """The address, where it is one of the web. Raises ValueError otherwise."""
        if not self.address.startswith(("http://", "https://")):
            raise ValueError(f"address: given {self.address!r}, allowed: an address with http or https")
        return self.address

"""Which ids are believed: those that tell the postings of a source apart.

Sites name an employer's number, their home page or their list as the id of every posting. An id stays with the address
that had it first; another posting at another address is known by that address. A posting that stands on several pages
is one post, with the longest of its texts. What was sent under an id keeps it: the `seen` table knows where it stood.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from hashlib import blake2b
from struct import Struct

from pipeline.ports import Sighting
from pipeline.schema import PostScraped, post_id
from scraper import identity
from scraper.report import Report

Read = Callable[[PostScraped], Sighting | None]
_NONE = 0
_PACKED = Struct("<QQQI")  # an `Origin`: many thousands of them are held, at a third of its size


class Undecided(Exception):
    """Whether the page that had this id is still there is known at the end of the crawl."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a text stood and what it called itself, as digests."""

    address: int
    title: int
    location: int
    chars: int

    @classmethod
    def of(cls, post: PostScraped, address: str) -> "Origin":
        return cls(digest(identity.canonical_url(address)), digest(post.title), digest(post.location), len(post.text))

    @classmethod
    def from_text(cls, text: str) -> "Origin | None":
        """None for a row that says nothing of it."""
        parts = text.split()
        return cls(*(int(part, 16) for part in parts)) if len(parts) == 4 else None

    def to_text(self) -> str:
        return f"{self.address:x} {self.title:x} {self.location:x} {self.chars:x}"

    def is_other_posting(self, other: "Origin") -> bool:
        """Of two at different addresses: a posting on two pages has one title, and one place where both name it."""
        places = {self.location, other.location} - {_NONE}
        return self.title != other.title or len(places) == 2


def digest(value: str) -> int:
    value = " ".join(value.casefold().split())
    return int.from_bytes(blake2b(value.encode("utf-8", "replace"), digest_size=7).digest()) if value else _NONE


class BelievedIds:
    """Decides for the posts of one crawl, in the order in which they come."""

    def __init__(self, report: Report) -> None:
        self.report = report
        self.alive: set[int] = set()  # addresses that are there in this crawl
        self._holders: dict[int, bytes] = {}  # packed, by post and language

    def decide(self, post: PostScraped, address: str, read: Read, at_end: bool = False) -> PostScraped | None:
        """The post under the id it is known by; None for a shorter copy on another page. Raises `Undecided`."""
        origin, key = Origin.of(post, address), hash((post.post_id, post.language))
        self.alive.add(origin.address)
        by_page = _rename(post, identity.from_page(address))
        holder, known = self._find(key), None
        if holder is None:
            known = read(post)
            holder = Origin.from_text(known.origin) if known else None
        if holder is None or holder.address == origin.address or by_page.post_id == post.post_id:
            if holder is None and known is None and by_page.post_id != post.post_id and read(by_page):
                return self._keep(by_page, origin)  # sent before the page had an id, or while it shared one
            return self._keep(post, origin)
        if holder.is_other_posting(origin):
            if holder.address not in self.alive and not read(by_page):
                if not at_end:
                    raise Undecided
                return self._keep(post, origin)  # the page has moved: its new address takes the id over
            self.report.noted["shared-id"] += 1
            self.report.shared_ids[post.external_id] += 1
            return self._keep(by_page, origin)
        if origin.chars <= holder.chars:
            return None
        return self._keep(post, origin)

    def _keep(self, post: PostScraped, origin: Origin) -> PostScraped:
        self._holders[hash((post.post_id, post.language))] = _PACKED.pack(
            origin.address, origin.title, origin.location, origin.chars
        )
        return post

    def _find(self, key: int) -> Origin | None:
        packed = self._holders.get(key)
        return Origin(*_PACKED.unpack(packed)) if packed else None

    def note_alive(self, address: str) -> None:
        """A page that is there, though it was not read again."""
        self.alive.add(digest(identity.canonical_url(address)))

    def find_origin(self, known_as: str, language: str) -> str:
        """Where a post stood, in the words of the `seen` table; empty where nothing was decided."""
        holder = self._find(hash((known_as, language)))
        return holder.to_text() if holder else ""


def _rename(post: PostScraped, external_id: str) -> PostScraped:
    return replace(post, external_id=external_id, post_id=post_id(post.source, external_id))

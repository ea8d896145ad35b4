"""A posting of a page to the message that is sent: normalised, identified, in a known language. No I/O."""

from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache

from py3langid.langid import MODEL_FILE, LanguageIdentifier

from pipeline import text
from pipeline.schema import Details, PostScraped, post_id, timestamp
from pipeline.web.page import Page
from scraper import blocks, dates, identity, links
from scraper.details import read_details
from scraper.postings import Posting, Skip, SourceConfig

MAX_CHARS = 200_000  # of a post's text; what is longer is cut at the last line that fits
MAX_TITLE = 300  # of title, company and location, each
MAX_ADDRESS = 2_000  # of URLs and ids
_DATES = ("datePosted", "validThrough")


@dataclass(frozen=True, slots=True)
class Made:
    """A post, whether its text was cut, and what its page says and could not be read, by field and value."""

    post: PostScraped
    cut: bool
    unread: tuple[str, ...] = ()

    @property
    def notes(self) -> list[str]:
        """What was done to the post, by the short names that are counted."""
        kinds = ["bad-date" if said.startswith(_DATES) else "bad-value" for said in self.unread]
        return ["cut"] * self.cut + ["expired"] * self.is_expired + list(dict.fromkeys(kinds))

    @property
    def is_expired(self) -> bool:
        """Whether it was over when it was fetched."""
        return "" < self.post.details.valid_through < self.post.fetched_at[:10]


def make_post(
    posting: Posting, page: Page, config: SourceConfig, project: str, trace_id: str, since: str = ""
) -> Made | Skip:
    """The post, or why there is none: `empty-description`, or `before-since` for one dated before that day."""
    read = blocks.read_description(posting.description) if posting.markup else posting.description
    whole = text.normalise(read)
    if not whole.strip():
        return Skip("empty-description", posting.title)
    kept = shorten(whole)
    language = find_language(kept)
    said = page.language
    # The page knows the country; where it is in another language than the posting, the posting's own counts.
    order = said if said.split("-")[0].lower() == language or language == UNKNOWN else language
    date_posted = dates.to_iso(posting.date_posted, order)
    if since and date_posted and date_posted < since:
        return Skip("before-since", posting.title)
    # Of the web only: whoever writes a feed does not decide what a link of ours runs.
    url = identity.canonical_url((posting.url and links.absolute(page.url, posting.url)) or page.url)[:MAX_ADDRESS]
    external_id = (posting.external_id or identity.from_address(url))[:MAX_ADDRESS]
    external_id = text.normalise(external_id)
    details, unread = _read_details(posting, page, url, kept, order)
    if posting.date_posted and not date_posted:
        unread.insert(0, f"datePosted {posting.date_posted!r:.60}")
    return Made(
        PostScraped(
            project=project,
            source=config.name,
            external_id=external_id,
            post_id=post_id(config.name, external_id),
            revision=text.revision(kept),
            url=url,
            title=_line(posting.title),
            company=_line(posting.company),
            location=_line(posting.location),
            date_posted=date_posted,
            language=language,
            text=kept,
            fetched_at=timestamp(datetime.fromisoformat(posting.fetched_at or page.fetched_at)),
            trace_id=trace_id,
            details=details,
        ),
        cut=kept is not whole,
        unread=tuple(unread),
    )


def _read_details(posting: Posting, page: Page, url: str, kept: str, language: str) -> tuple[Details, list[str]]:
    """With the places as they are shown, and addresses that lead to the web alone."""
    details, unread = read_details(posting.said, _line(posting.location), kept, language)
    given = posting.said.get("applyUrl")
    apply_url = links.absolute(page.url, given) if isinstance(given, str) and given.strip() else ""
    written = posting.page or (posting.url and links.absolute(page.url, posting.url)) or page.url
    return replace(
        details,
        department=_line(details.department),
        apply_url=apply_url[:MAX_ADDRESS],
        original_url=written[:MAX_ADDRESS] if written.startswith(("http://", "https://")) and written != url else "",
    ), unread


def shorten(whole: str) -> str:
    """The text itself when it is not too long, its whole lines up to the limit otherwise."""
    if len(whole) <= MAX_CHARS:
        return whole
    end = whole.rfind("\n", 0, MAX_CHARS + 1)
    # A text without lines is cut where the limit falls.
    return whole[: end if end > MAX_CHARS // 2 else MAX_CHARS].rstrip()


def _line(value: str) -> str:
    """One line of text, as titles and names are."""
    return " ".join(text.normalise(blocks.read_description(value)).split())[:MAX_TITLE]


UNKNOWN = "und"
ENOUGH = 20  # letters; below it a guess is a coin
SAMPLE = 2_000  # characters that are looked at: more changes no answer and costs time


@cache
def _identifier() -> LanguageIdentifier:
    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)


def find_language(of: str) -> str:
    """ISO 639-1 code of the language a text is most likely in; `und` where it is too short to tell."""
    sample = of[:SAMPLE]
    if sum(map(str.isalpha, sample)) < ENOUGH:
        return UNKNOWN
    code: str = _identifier().classify(sample)[0]
    return code if len(code) == 2 else UNKNOWN

"""Pure decisions about one post: is it what it says it is, is it worth labelling, what is it prepared by."""

import hashlib
import json
import re
from collections.abc import Set
from dataclasses import dataclass
from datetime import datetime, timedelta

from pipeline import words
from pipeline.boilerplate import share
from pipeline.schema import Gates, PostScraped, SchemaError, TokenizerId, post_id, timestamp
from pipeline.text import is_normalised, revision

MAX_AHEAD = timedelta(hours=1)  # how far another clock may run before ours


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a post is not offered for labelling: `reason` is counted, `detail` says what was given and is allowed."""

    reason: str
    detail: str


def check(post: PostScraped) -> None:
    """Raises `SchemaError` where the fields of a post contradict each other: its sender is at fault."""
    expected = post_id(post.source, post.external_id)
    if post.post_id != expected:
        raise SchemaError(f"field 'post_id': given {post.post_id!r:.60}, allowed: {expected!r} by its source and id")
    if not _is_timestamp(post.fetched_at):
        raise SchemaError(f"field 'fetched_at': given {post.fetched_at!r:.60}, allowed: 2026-01-31T09:30:00.000000Z")
    if not re.fullmatch(r"[a-z0-9-]+", post.project):
        raise SchemaError(f"field 'project': given {post.project!r:.60}, allowed: a-z, 0-9 and -")
    if not is_normalised(post.text):
        raise SchemaError("field 'text': given a text that is not normalised, allowed: what pipeline.text makes of it")
    if post.revision != revision(post.text):
        raise SchemaError(f"field 'revision': given {post.revision!r:.70}, allowed: SHA-256 of the text")


def _is_timestamp(given: str) -> bool:
    try:
        return timestamp(datetime.fromisoformat(given)) == given
    except (ValueError, OverflowError):
        return False


def refusal(post: PostScraped, gates: Gates, known_lines: Set[str], now: datetime) -> Refusal | None:
    """The first gate that a post does not pass. `known_lines`: boiler-plate of its source."""
    length = len(post.text)
    if post.fetched_at > timestamp(now + MAX_AHEAD):
        return Refusal("from-the-future", f"fetched_at {post.fetched_at}, allowed: an hour ahead of {timestamp(now)}")
    if not post.text.strip():
        return Refusal("blank", f"{length} characters, none of them visible")
    if length < gates.min_chars:
        return Refusal("too-short", f"{length} characters, allowed: {gates.min_chars} and more")
    if length > gates.max_chars:
        return Refusal("too-long", f"{length} characters, allowed: {gates.max_chars} at most")
    if gates.languages and post.language not in gates.languages:
        return Refusal("language", f"{post.language!r}, allowed: {', '.join(gates.languages)}")
    if known_lines and (found := share(post.text, known_lines)) > gates.max_boilerplate:
        return Refusal("boilerplate", f"{found:.2f} of its characters, allowed: {gates.max_boilerplate:.2f}")
    return None


def preparation(tokenizer: TokenizerId, gates: Gates) -> str:
    """The name of what a post goes through: the same tokenizer, gates and rules give the same 16 hexadecimal digits."""
    canonical = json.dumps([tokenizer.to_json(), gates.to_json(), words.RULES], sort_keys=True)
    return hashlib.sha256(canonical.encode()).hexdigest()[:16]

"""Arguments that several commands take, and what they mean."""

import argparse
import re
from datetime import date
from urllib.parse import urlsplit

from pipeline.crawls import NAME
from scraper import sources
from scraper.postings import SourceConfig

DEFAULT_KIND = "jobposting"
_PROJECT = re.compile(r"[a-z0-9][a-z0-9-]{0,99}")


def add_source(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--source", metavar="NAME", help="name of the configured source, which scopes its ids")
    parser.add_argument(
        "--field",
        action="append",
        default=[],
        metavar="OURS=THEIRS",
        help="where a source's own field holds ours, as external_id=job_id; may be given more than once",
    )


def project(value: str) -> str:
    if not _PROJECT.fullmatch(value):
        raise argparse.ArgumentTypeError(f"given {value!r}, allowed: letters a-z, digits and -")
    return value


def day(value: str) -> str:
    try:
        return date.fromisoformat(value).isoformat()
    except ValueError:
        raise argparse.ArgumentTypeError(f"given {value!r}, allowed: a date as 2026-01-31") from None


def count(value: str) -> int:
    if not value.isdecimal() or int(value) < 1:
        raise argparse.ArgumentTypeError(f"given {value!r}, allowed: a whole number from 1")
    return int(value)


def split_kind(address: str) -> tuple[str, str]:
    """`greenhouse:acme` → greenhouse, acme; an address alone is a page of `jobposting`."""
    kind, colon, rest = address.partition(":")
    return (kind, rest) if colon and kind in sources.kinds() else (DEFAULT_KIND, address)


def config(address: str, name: str | None, fields: list[str]) -> SourceConfig:
    """The configured source. Raises ValueError that says what was given and what is allowed."""
    kind, rest = split_kind(address)
    mapping = {}
    for pair in fields:
        ours, equals, theirs = pair.partition("=")
        if not equals or not ours.strip() or not theirs.strip():
            raise ValueError(f"--field: given {pair!r}, allowed: OURS=THEIRS")
        mapping[ours.strip()] = theirs.strip()
    return SourceConfig(check_name(name or _name(kind, rest)), kind, rest, mapping)


def check_name(name: str) -> str:
    if not NAME.fullmatch(name):
        raise ValueError(f"source name: given {name!r}, allowed: letters a-z, digits and ._:- (at most 100)")
    return name


def _name(kind: str, rest: str) -> str:
    """The host for pages and feeds; the kind and its board for the boards; the kind and file name for files."""
    host = urlsplit(rest).hostname if "://" in rest else None
    if host:
        return host.strip("[]").replace(":", ".")
    short = re.sub(r"[^a-z0-9._-]+", "-", rest.rstrip("/").rsplit("/", 1)[-1].lower()).strip("-.") or "local"
    return f"{kind}:{short}"

"""The sources of a project, which the scraper visits by their schedule, and how their last runs went; all in S3."""

import json
import re
import secrets
import socket
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from urllib.parse import urlsplit

from django.utils import timezone

from labeler.labeling.models import Project
from labeler.services import cloud
from pipeline.crawls import CONTACT, NAME, TRIALS, CrawlReport, SourceSettings, Trial, is_source, run_name
from pipeline.errors import InvalidInput
from pipeline.ports import ObjectExists, ObjectMissing
from pipeline.schema import SchemaError, timestamp
from pipeline.web.addresses import Guard, InsideAddress, names_loopback

LOOK_BACK = timedelta(days=30)
LEAST_MINUTES, MOST_SOURCES = 15, 200


@dataclass(frozen=True, slots=True)
class Shown:
    settings: SourceSettings
    last: CrawlReport | None


def of_project(project: Project) -> list[Shown]:
    """In the order of their names; an object that cannot be read is none."""
    return [Shown(one, _last(one.source)) for one in _all() if one.project == project.slug]


def everywhere() -> list[Shown]:
    """Those of all projects."""
    return [Shown(one, _last(one.source)) for one in _all()]


def _all() -> Iterator[SourceSettings]:
    listed_sources = (listed for listed in cloud().posts.list("sources/") if is_source(listed.key))
    for at, listed in enumerate(listed_sources):
        if at == MOST_SOURCES:
            return
        try:
            yield SourceSettings.from_json(json.loads(cloud().posts.get(listed.key).body))
        except (SchemaError, ValueError, ObjectMissing):
            continue


def _last(source: str) -> CrawlReport | None:
    prefix, since = f"crawls/{source}/", run_name(timezone.now() - LOOK_BACK)
    newest = ""
    for listed in cloud().posts.list(prefix, start_after=f"{prefix}{since}"):
        if listed.key.endswith("Z.json"):
            newest = listed.key
    try:
        return CrawlReport.from_json(json.loads(cloud().posts.get(newest).body)) if newest else None
    except (SchemaError, ValueError, ObjectMissing):
        return None


def add(project: Project, source: str, address: str, every_minutes: int) -> SourceSettings:
    """Raises `InvalidInput`, also for a name that is taken: it scopes the ids of posts, of whichever project."""
    if not NAME.fullmatch(source):
        raise InvalidInput("source", source, "letters a-z, digits and ._:-, at most 100")
    made = SourceSettings(source, _address(address), project.slug, _minutes(every_minutes))
    try:
        cloud().posts.put_new(made.key, _bytes(made))
    except ObjectExists:
        raise InvalidInput("source", source, "a name that no source has yet") from None
    return made


def change(project: Project, source: str, every_minutes: int, enabled: bool) -> tuple[SourceSettings, SourceSettings]:
    """The settings before and after. Its name and address stay: they decide the ids of its posts."""
    before = _read(project, source)
    after = replace(before, every_minutes=_minutes(every_minutes), enabled=enabled)
    cloud().posts.put(after.key, _bytes(after))
    return before, after


def run_now(project: Project, source: str) -> None:
    """The scraper begins with it at its next look, also when it is switched off."""
    found = _read(project, source)
    cloud().posts.put(found.key, _bytes(replace(found, requested_at=timestamp(timezone.now()))))


def try_out(project: Project, address: str) -> Trial:
    """Asks the scraper what it finds at an address. Raises `InvalidInput`."""
    asked = Trial(secrets.token_hex(8), _address(address), project.slug, timestamp(timezone.now()))
    cloud().posts.put_new(asked.key, json.dumps(asked.to_json()).encode())
    return asked


def read_trial(project: Project, trial: str) -> Trial | None:
    """What was asked, with the answer once there is one; None for what is no trial of the project."""
    if not re.fullmatch(r"[0-9a-f]{1,40}", trial):
        return None
    try:
        found = Trial.from_json(json.loads(cloud().posts.get(f"{TRIALS}{trial}.json").body))
    except (SchemaError, ValueError, ObjectMissing):
        return None
    return found if found.project == project.slug else None


def read_contact() -> str:
    """How the owners of sites reach whoever runs this; empty where nobody has said it yet."""
    try:
        return str(json.loads(cloud().posts.get(CONTACT).body)["contact"])
    except (ValueError, KeyError, TypeError, ObjectMissing):
        return ""


def keep_contact(contact: str) -> None:
    """Raises `InvalidInput` for what a request could not carry."""
    contact = contact.strip()
    if not re.fullmatch(r"[^\s()@]+@[^\s()@]+\.[^\s()@]+|https?://[^\s()]+\.[^\s()]+", contact) or len(contact) > 200:
        raise InvalidInput("contact", contact, "an e-mail address, or the address of a page that says who you are")
    cloud().posts.put(CONTACT, json.dumps({"contact": contact}).encode())


def _read(project: Project, source: str) -> SourceSettings:
    """Raises `InvalidInput` for what is no source of the project."""
    try:
        found = SourceSettings.from_json(json.loads(cloud().posts.get(f"sources/{source}.json").body))
    except ObjectMissing:
        raise InvalidInput("source", source, "a source of the project") from None
    if found.project != project.slug:
        raise InvalidInput("source", source, "a source of the project")
    return found


def _address(address: str) -> str:
    if not address.strip() or len(address) > 2000:
        raise InvalidInput("address", address, "https://…, or a board as greenhouse:acme")
    address = address.strip()
    if web := re.search(r"[a-z][a-z0-9+.-]*://\S*$", address, re.I):
        _refuse_inside(address, web[0])
    return address


def _refuse_inside(address: str, url: str) -> None:
    """A name that does not resolve here is for the scraper to judge, which checks each connection anyhow."""
    scheme, host = urlsplit(url).scheme.lower(), urlsplit(url).hostname or ""
    if scheme in ("s3", "file"):
        return
    try:
        Guard().check_url(url)
        found = {str(one[4][0]) for one in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)}
    except InsideAddress as error:
        raise InvalidInput("address", address, f"a public one of the web: {error}") from error
    except (OSError, UnicodeError):
        found = set()
    if names_loopback(url) or not all(map(Guard().allows, found)):
        raise InvalidInput("address", address, f"a public one of the web: {host} is inside")


def _minutes(given: int) -> int:
    if not LEAST_MINUTES <= given <= 60 * 24 * 90:
        raise InvalidInput("every_minutes", given, f"{LEAST_MINUTES} minutes to 90 days")
    return given


def _bytes(settings: SourceSettings) -> bytes:
    return json.dumps(settings.to_json(), ensure_ascii=False, sort_keys=True, indent=1).encode()

"""What the labeler's tests share: a wired cloud in memory, a project, people, and posts on their way."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest

from labeler import services
from labeler.accounts.models import User
from labeler.labeling import projects
from labeler.labeling.intake import inbox
from labeler.labeling.models import Post, Project
from labeler.services import Cloud, JobServices, job_services
from pipeline.ports import Message
from pipeline.schema import PostReady, PostScraped, Suggestion, TokenizerId, Tokens, post_id
from pipeline.text import revision
from tests.fakes.memory import MemoryClock, MemoryQueue, MemoryStore
from tests.pipeline.jobs.world import made as services_in_memory

TEXT = "We look for a welder.\nYou read drawings and speak Polish."


class FaultyStore(MemoryStore):
    """Writes meet what is planned: `fail("settings.json", error)` makes the next write to such a key raise."""

    def __init__(self) -> None:
        super().__init__()
        self._planned: list[tuple[str, str, Callable[[], object]]] = []

    def fail(self, key_part: str, error: Exception, when: str = "before") -> None:
        """`when`: `before` the write has done anything, or `after` it has done all."""

        def throw() -> None:
            raise error

        self._planned.append((key_part, when, throw))

    def meanwhile(self, key_part: str, deed: Callable[[], object]) -> None:
        """Somebody else does `deed` just before the next write to such a key."""
        self._planned.append((key_part, "before", deed))

    def put(self, key: str, body: bytes, content_type: str = "application/json") -> None:
        self._meet(key, "before")
        super().put(key, body, content_type)
        self._meet(key, "after")

    def _meet(self, key: str, when: str) -> None:
        for at, (part, moment, deed) in enumerate(self._planned):
            if part in key and moment == when:
                del self._planned[at]
                deed()
                return


@dataclass(frozen=True)
class MemoryCloud(Cloud):
    posts: MemoryStore
    labels: FaultyStore
    releases: MemoryStore
    inbox: MemoryQueue
    work: MemoryQueue
    clock: MemoryClock

    def deliver(self, *posts: PostReady) -> None:
        assert not self.inbox.send([Message(json.dumps(one.to_json())) for one in posts])


@pytest.fixture(autouse=True)
def quick_passwords(settings: Any) -> None:
    """What makes a hash safe makes a test slow: a second a password."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def cloud() -> Iterator[MemoryCloud]:
    clock = MemoryClock()
    inbox_queue, work = MemoryQueue(clock), MemoryQueue(clock)
    dead = {"work": (MemoryQueue(clock), work), "labeling": (MemoryQueue(clock), inbox_queue)}
    made = MemoryCloud(MemoryStore(), FaultyStore(), MemoryStore(), inbox_queue, work, clock, dead_letters=dead)
    services.cloud.wire(made)
    world = services_in_memory()
    job_services.wire(
        JobServices(world.services, world.plans, world.mails, 1_000_000, 1_000_000_000, "https://uploads.example")
    )
    yield made
    services.cloud.wire(None)
    job_services.wire(None)


@pytest.fixture
def project(db: None, cloud: MemoryCloud) -> Project:
    return projects.create("jobs", "Job posts")[0]


@pytest.fixture
def person(db: None, django_user_model: type[User]) -> Callable[..., User]:
    """Makes an account with a role (`labeler`, `reviewer`, `admin`, or "" for none)."""

    def make(name: str = "ann", role: str = "labeler") -> User:
        from django.contrib.auth.models import Group

        user = django_user_model.objects.create_user(name)
        if role:
            user.groups.add(Group.objects.get(name=role))
        return user

    return make


@pytest.fixture
def labeler(person: Callable[..., User]) -> User:
    return person()


@pytest.fixture
def ready(project: Project) -> Callable[..., PostReady]:
    """Makes a prepared post; its tokens are runs of letters and single other characters, a word each."""

    def make(
        external_id: str = "1",
        text: str = TEXT,
        fetched_at: str = "2026-01-01T00:00:00.000000Z",
        language: str = "en",
        suggestions: tuple[Suggestion, ...] = (),
        preparation: str = "p1",
        tokenizer: TokenizerId | None = None,
        **more: Any,
    ) -> PostReady:
        ranges = [found.span() for found in re.finditer(r"\w+|[^\w\s]", text)]
        scraped = PostScraped(
            project=project.slug,
            source="test:board",
            external_id=external_id,
            post_id=post_id("test:board", external_id),
            revision=revision(text),
            url=f"https://board.example/{external_id}",
            title=f"Post {external_id}",
            company="Example Works",
            location="Lyon",
            date_posted="2026-01-01",
            language=language,
            text=text,
            fetched_at=fetched_at,
            trace_id=f"trace-{external_id}",
        )
        tokens = Tokens.of_ranges(tokenizer or project.settings.tokenizer, ranges, range(len(ranges)))
        return PostReady(replace(scraped, **more), tokens, suggestions, (), preparation)

    return make


@pytest.fixture
def take(cloud: MemoryCloud, ready: Callable[..., PostReady]) -> Callable[..., Post]:
    """Sends a prepared post through the inbox; gives its row. Arguments as for `ready`."""

    def make(*given: Any, **more: Any) -> Post:
        one = ready(*given, **more)
        cloud.deliver(one)
        inbox.drain()
        return Post.objects.get(post_id=one.post.post_id, revision=one.post.revision)

    return make


@pytest.fixture
def change(project: Project) -> Callable[..., Project]:
    """Edits the settings of the project; gives the row afterwards."""
    return lambda **fields: projects.edit(Project.objects.get(pk=project.pk), fields, by="system")


@pytest.fixture
def suggestion() -> Suggestion:
    """The welder of `TEXT`."""
    return Suggestion(14, 20, "Role", 0.9, "gazetteer")

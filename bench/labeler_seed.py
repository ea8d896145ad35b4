"""`python -m bench.labeler_seed POSTS LABELERS`: a project full of 400-word posts and people to label them."""

import os
import re
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count, islice

import django

PROJECT, PASSWORD = "bench", "bench-bench"
WORDS = 400


def main(posts: int, people: int) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "labeler.settings")
    django.setup()
    from django.contrib.auth.hashers import make_password
    from django.contrib.auth.models import Group
    from django.core.management import call_command
    from django.db import transaction

    from labeler.accounts.models import User
    from labeler.labeling import projects, starter
    from labeler.labeling.intake import revisions
    from pipeline.schema import PostReady, PostScraped, post_id, timestamp
    from pipeline.text import revision
    from pipeline.tokens import Tokenizer

    call_command("migrate", verbosity=0)
    project, _ = projects.create(PROJECT, "Bench")
    pinned = project.settings.tokenizer
    tokenizer = Tokenizer((starter.MODELS / "default.model").read_bytes(), pinned.name, pinned.version)
    began = datetime(2026, 1, 1, tzinfo=UTC)

    def ready(number: int, text: str) -> PostReady:
        scraped = PostScraped(
            project=PROJECT,
            source="bench",
            external_id=str(number),
            post_id=post_id("bench", str(number)),
            revision=revision(text),
            url=f"https://bench.example/{number}",
            title=f"Post {number}",
            company="Bench",
            location="Here",
            date_posted="2026-01-01",
            language="en",
            text=text,
            fetched_at=timestamp(began + timedelta(seconds=number)),
            trace_id=f"bench-{number}",
        )
        return PostReady(scraped, tokenizer.encode(text), (), (), "bench")

    made = (ready(number, text) for number, text in enumerate(islice(texts(), posts)))
    while batch := list(islice(made, 500)):
        with transaction.atomic():
            revisions.take_all(project, batch)
    labelers, password = Group.objects.get(name="labeler"), make_password(PASSWORD)  # it takes a second
    for number in range(people):
        user = User.objects.create(username=f"labeler-{number}", password=password)
        user.groups.add(labelers)


def texts() -> Iterator[str]:
    """Texts of 400 words, each its own, made from the sample site's postings."""
    from demo.site import content

    words = [word for one in content.load() for word in re.findall(r"\S+\s*", f"{one.text}\n\n")]
    for number in count():
        at = number * 97 % (len(words) - WORDS)
        yield f"No. {number}\n" + "".join(words[at : at + WORDS - 2]).strip()


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))

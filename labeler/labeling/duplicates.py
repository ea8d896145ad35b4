"""Finds posts that are nearly the same, as they come in, and names each group by its first post.

Texts with 0.7 of their 5-grams in common meet in one of 25 parts of their signatures 99 times of 100; whether they are
alike is then asked of the whole signatures.
"""

import hashlib
import threading
from array import array
from collections import Counter
from collections.abc import Sequence

from django.db import transaction

from labeler.labeling.models import Band, Cursor, Post
from pipeline.signature import NEAR, signature, similarity

NAME = "duplicates"
BATCH = 200
LOOK_BACK = 100  # rows get their number before they are committed: those just below the cursor may only now be seen
BANDS, ROWS = 25, 5
_READ = ("project", "post_id", "language", "text", "near")


def run(stopping: threading.Event) -> "Counter[str]":
    """The worker's part: posts behind the cursor. Safe to repeat: a text finds itself, and nothing changes."""
    counts: Counter[str] = Counter()
    cursor, _ = Cursor.objects.get_or_create(name=NAME)
    if not Post.objects.filter(pk__gt=cursor.position).exists():
        return counts
    last = cursor.position - LOOK_BACK
    while not stopping.is_set():
        batch = list(Post.objects.filter(pk__gt=last).order_by("pk").only(*_READ)[:BATCH])
        if not batch:
            break
        with transaction.atomic():
            counts["near-duplicates found"] += take(batch)
            last = batch[-1].pk
            Cursor.objects.filter(pk=NAME, position__lt=last).update(position=last)
    return +counts


def take(posts: Sequence[Post]) -> int:
    """Returns how many are nearly the same as an earlier one and were not known to be."""
    signatures = {post.pk: signature(post.text) for post in posts}
    numbers = {post.pk: bands(signatures[post.pk]) for post in posts}
    held: dict[tuple[int, int], int] = {}
    projects = {post.project_id for post in posts}
    wanted = {number for found in numbers.values() for number in found}
    rows = Band.objects.filter(project__in=projects, number__in=wanted)
    held.update(
        {(project, number): post for project, number, post in rows.values_list("project_id", "number", "post_id")}
    )
    known = {post.pk: post for post in Post.objects.filter(pk__in=set(held.values())).only(*_READ)}
    known |= {post.pk: post for post in posts}
    fresh: list[Band] = []
    found = 0
    for post in posts:
        first = _first(post, numbers[post.pk], held, known, signatures)
        for number in numbers[post.pk]:
            if held.setdefault((post.project_id, number), post.pk) == post.pk:
                fresh.append(Band(project_id=post.project_id, number=number, post_id=post.pk))
        if first and post.near is None:
            found += _join(post, first)
    Band.objects.bulk_create(fresh, ignore_conflicts=True)
    return found


def bands(numbers: Sequence[int]) -> list[int]:
    """The parts of a signature, each with its place, as numbers of 63 bits; none of an empty one."""
    if not numbers:
        return []
    parts = (array("I", numbers[band * ROWS : (band + 1) * ROWS]).tobytes() for band in range(BANDS))
    digests = (hashlib.blake2b(part, digest_size=8, key=bytes([band])) for band, part in enumerate(parts))
    return [int.from_bytes(one.digest(), "big") >> 1 for one in digests]


def _first(
    post: Post,
    numbers: Sequence[int],
    held: dict[tuple[int, int], int],
    known: dict[int, Post],
    signatures: dict[int, tuple[int, ...]],
) -> Post | None:
    """The earliest post that this one is nearly the same as, of another posting or in a group already."""
    keys = [(post.project_id, number) for number in numbers]
    candidates = sorted({held[key] for key in keys if key in held} - {post.pk})
    for pk in candidates:
        if known[pk].post_id == post.post_id and known[pk].near is None:
            continue  # an earlier text of it
        if pk not in signatures:
            signatures[pk] = signature(known[pk].text)
        if similarity(signatures[post.pk], signatures[pk]) >= NEAR:
            return known[pk]
    return None


def _join(post: Post, first: Post) -> bool:
    group = first.near or first.pk
    if first.near is None:
        first.near = group
        texts = Post.objects.filter(project=first.project_id, post_id=first.post_id, language=first.language)
        texts.filter(near=None).update(near=group)
    post.near = group
    return bool(Post.objects.filter(pk=post.pk, near=None).update(near=group))

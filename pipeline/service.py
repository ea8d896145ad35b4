"""What is done with posts, over ports: `prepare_posts` for the ingest queue, `archive_posts` for the archive queue.

Both take what arrived and say which of it failed and why; what did not fail is done for good. Doing it again, as a
repeated delivery does, leads to the same.
"""

from collections.abc import Sequence

from pipeline import archive, messages, steps
from pipeline.batch import Arrived, Outcome
from pipeline.ports import Clock, Message, ObjectStore, Sender
from pipeline.projects import AskedOnce, Projects, ProjectSource
from pipeline.schema import PostEnded, PostReady, PostRefused, PostScraped, open_ended
from pipeline.signature import signature


class NotConfirmed(Exception):
    """The topic did not confirm that it took the message."""


def prepare_post(post: PostScraped, projects: ProjectSource, clock: Clock) -> PostReady | PostRefused:
    """The post with tokens and more, or the reason why nobody is asked to label it.

    Raises `SchemaError` for a post that contradicts itself, and what `Projects.get` raises.
    """
    steps.check(post)
    project = projects.get(post.project)
    known = projects.boilerplate(project, post.source)
    if refusal := steps.refusal(post, project.settings.gates, known, clock.now()):
        return PostRefused(post, refusal.reason, refusal.detail, project.preparation)
    return PostReady(
        post=post,
        tokens=project.tokenizer.encode(post.text, post.language),
        suggestions=project.suggester.suggest(post.text),
        signature=signature(post.text),
        preparation=project.preparation,
    )


def prepare_posts(
    arrived: Sequence[Arrived], projects: Projects, posts: ObjectStore, topic: Sender, clock: Clock
) -> Outcome:
    """Scraped posts to prepared ones on the topic; refused ones to the bucket, with the reason."""
    outcome = Outcome()
    source = AskedOnce(projects)
    ready: list[tuple[str, Message]] = []
    refused: dict[str, list[tuple[str, PostRefused]]] = {}
    for message in arrived:
        try:
            value = messages.value(posts, message.body)
            if value.get("schema") == PostEnded.SCHEMA:  # nothing to prepare: whoever has the post is told
                ended = open_ended(value)
                ready.append((message.id, messages.message(posts, ended.to_json(), ended.trace_id)))
                continue
            post = PostScraped.from_json(value)
            prepared = prepare_post(post, source, clock)
            if isinstance(prepared, PostReady):
                ready.append((message.id, messages.message(posts, prepared.to_json(), post.trace_id)))
            else:
                refused.setdefault(post.project, []).append((message.id, prepared))
        except Exception as error:  # whatever is wrong with one post, the others of its batch go on
            outcome.failed[message.id] = error
    unsent = {ready[position][0] for position in topic.send([message for _, message in ready])} if ready else set()
    outcome.failed |= {name: NotConfirmed("the topic did not confirm it") for name in unsent}
    outcome.done = len(ready) - len(unsent)
    for project, found in refused.items():
        lines = [messages.dumps(post.to_json()) for _, post in found]
        try:
            key = archive.key(archive.REFUSED, project, clock.now(), lines)
            posts.put(key, archive.compress(lines), archive.CONTENT_TYPE)
            outcome.refused.update(post.reason for _, post in found)
        except Exception as error:
            outcome.failed |= {name: error for name, _ in found}
    return outcome


def archive_posts(arrived: Sequence[Arrived], posts: ObjectStore, clock: Clock) -> Outcome:
    """Prepared posts, and what is told of ended ones, to the bucket: one object for each project of the batch."""
    outcome = Outcome()
    found: dict[tuple[str, str], list[tuple[str, bytes]]] = {}
    taken: set[tuple[str, ...]] = set()
    for message in arrived:
        try:
            value = messages.value(posts, message.body)
            if value.get("schema") == PostEnded.SCHEMA:
                ended = open_ended(value)
                line = message.id, messages.dumps(ended.to_json())
                found.setdefault((archive.ENDED, ended.project), []).append(line)
                continue
            ready = PostReady.from_json(value)
            identity = (*ready.identity, ready.post.fetched_at)
            if identity in taken:
                continue  # a copy of what this batch holds already
            line = message.id, messages.dumps(ready.to_json())
            found.setdefault((archive.POSTS, ready.post.project), []).append(line)
            taken.add(identity)
        except Exception as error:
            outcome.failed[message.id] = error
    for (kind, project), rows in found.items():
        lines = [line for _, line in rows]
        try:
            key = archive.key(kind, project, clock.now(), lines)
            posts.put(key, archive.compress(lines), archive.CONTENT_TYPE)
            outcome.done += len(rows)
        except Exception as error:
            outcome.failed |= {name: error for name, _ in rows}
    return outcome

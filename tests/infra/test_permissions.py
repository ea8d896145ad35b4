"""Each role can do its part of the way of a post, and one that lacks an action fails there: permissions are checked."""

import contextlib
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from labelmill_local.creators.clients import Clients
from labelmill_local.emulator import Emulator
from labelmill_local.guard import read_secret
from labelmill_local.provision import provision
from pipeline import schema, tokenizers
from pipeline.adapters import aws
from pipeline.adapters.aws import Credentials, DynamoSeen, S3Store, SqsQueue
from pipeline.ports import Message, Received, StoreUnavailable
from pipeline.text import revision

REGION = "us-east-1"
PROJECT, SOURCE = "permissions", "careers.example.org"
PATIENCE = 30  # seconds, for what goes through two functions


@dataclass(frozen=True)
class Stack:
    outputs: dict[str, str]
    root: Clients

    def as_role(self, name: str) -> aws.Clients:
        """Clients with the credentials of a role, as the program that runs under it has them."""
        answer = self.root.get("sts").assume_role(RoleArn=self.outputs[f"{name}_role_arn"], RoleSessionName="test")
        keys = answer["Credentials"]
        credentials = Credentials(keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"])
        return aws.Clients(REGION, self.root.endpoint_url, credentials)

    def policy(self, role: str, action: str) -> tuple[str, str, dict[str, Any]]:
        """Names of a role and of its policy that allows an action, and the policy."""
        iam, name = self.root.get("iam"), self.outputs[f"{role}_role_arn"].rsplit("/", 1)[1]
        for policy in iam.list_role_policies(RoleName=name)["PolicyNames"]:
            document = iam.get_role_policy(RoleName=name, PolicyName=policy)["PolicyDocument"]
            if any(action in one["Action"] for one in document["Statement"]):
                return name, policy, document
        raise AssertionError(f"{role} has no {action}")

    @contextlib.contextmanager
    def without(self, role: str, action: str, prefix: str = "") -> Iterator[None]:
        """Takes an action from a role for a while, or only its use on the objects of a prefix."""
        iam, name, policy, document = self.root.get("iam"), *self.policy(role, action)

        def put(statements: list[dict[str, Any]]) -> None:
            body = json.dumps({**document, "Statement": statements})
            iam.put_role_policy(RoleName=name, PolicyName=policy, PolicyDocument=body)

        whole = document["Statement"]
        less = [_less(one, action, prefix) for one in whole]
        assert less != whole, f"{role} has no {action} on {prefix} to take away"
        put([one for one in less if one["Action"] and one["Resource"]])
        try:
            yield
        finally:
            put(whole)


def _less(statement: dict[str, Any], action: str, prefix: str) -> dict[str, Any]:
    if action not in statement["Action"]:
        return statement
    if prefix:
        return {**statement, "Resource": [one for one in statement["Resource"] if not one.endswith(f"/{prefix}*")]}
    return {**statement, "Action": [one for one in statement["Action"] if one not in (action, f"{action}Batch")]}


@pytest.fixture(scope="module")
def checked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A stack whose emulator evaluates the policies, with a project made by the labeler's role."""
    state: Path = tmp_path_factory.mktemp("state")
    with Emulator(state, region=REGION, check_permissions=True) as emulator:
        stack = Stack(
            provision(state, emulator.endpoint_url), Clients(emulator.endpoint_url, REGION, read_secret(state))
        )
        labeler = stack.as_role("labeler")
        tokenizers.publish_default(S3Store(labeler.s3, stack.outputs["posts_bucket"]))
        labels = S3Store(labeler.s3, stack.outputs["labels_bucket"])
        labels.put(f"projects/{PROJECT}/settings.json", json.dumps(settings().to_json()).encode())
        yield stack


def settings() -> schema.ProjectSettings:
    return schema.ProjectSettings(
        project=PROJECT,
        name="Permissions",
        n=1,
        kind="created",
        at=schema.timestamp(datetime.now(UTC)),
        by="system",
        labels=(schema.Label("SKILL", "s", 1),),
        guidelines="",
        guideline_version=1,
        tokenizer=tokenizers.default_id(),
        gates=schema.Gates(),
    )


def scraped(external_id: str) -> schema.PostScraped:
    text = f"Welder wanted for number {external_id}. You can read drawings."
    return schema.PostScraped(
        project=PROJECT,
        source=SOURCE,
        external_id=external_id,
        post_id=schema.post_id(SOURCE, external_id),
        revision=revision(text),
        url=f"https://{SOURCE}/{external_id}",
        title="Welder",
        company="Example",
        location="",
        date_posted="",
        language="en",
        text=text,
        fetched_at=schema.timestamp(datetime.now(UTC)),
        trace_id="",
    )


def scrape(stack: Stack, external_id: str) -> schema.PostScraped:
    """What the scraper does with one post: keep the page, claim, send, mark as sent."""
    as_scraper, post = stack.as_role("scraper"), scraped(external_id)
    S3Store(as_scraper.s3, stack.outputs["posts_bucket"]).put(f"raw/{SOURCE}/{external_id}.warc.gz", b"page")
    seen = DynamoSeen(as_scraper.dynamodb, stack.outputs["seen_table"], aws.SystemClock())
    assert seen.read(PROJECT, post.post_id, "en") is None
    assert seen.claim(PROJECT, post.post_id, "en", post.revision, post.fetched_at, "claim")
    ingest = SqsQueue(as_scraper.sqs, stack.outputs["ingest_queue_url"])
    assert ingest.send([Message(json.dumps(post.to_json()))]) == []
    assert seen.mark_sent(PROJECT, post.post_id, "en", "claim")
    return post


def until(found: Callable[[], Any]) -> Any:
    """What `found` finds, as soon as it does."""
    deadline = time.monotonic() + PATIENCE
    while not (value := found()):
        if time.monotonic() > deadline:
            pytest.fail(f"nothing within {PATIENCE} s")
        time.sleep(0.1)
    return value


def test_a_post_goes_all_the_way_with_the_rights_of_each_role(checked: Stack) -> None:
    post = scrape(checked, "whole-way")
    labeler = checked.as_role("labeler")
    queue = SqsQueue(labeler.sqs, checked.outputs["labeling_queue_url"])

    def received() -> list[Received]:
        return [one for one in queue.receive() if json.loads(one.body)["post_id"] == post.post_id]

    message = until(received)[0]
    ready = schema.PostReady.from_json(json.loads(message.body))
    assert [post.text[start:end] for start, end in ready.tokens.ranges()]
    queue.delete([message.receipt])

    posts = S3Store(labeler.s3, checked.outputs["posts_bucket"])
    archived = until(lambda: list(posts.list(f"posts/{PROJECT}/")))
    assert posts.get(archived[0].key).body

    labels = S3Store(labeler.s3, checked.outputs["labels_bucket"])
    key = f"annotations/{PROJECT}/{post.post_id}/{post.revision}/somebody/1.json"
    labels.put_new(key, b"{}")
    assert labels.get(key).body == b"{}"


def reasons(stack: Stack, queue: str) -> list[str]:
    """Why messages of a queue failed, as their function noted it."""
    posts = S3Store(stack.as_role("worker").s3, stack.outputs["posts_bucket"])
    notes = [json.loads(posts.get(one.key).body) for one in posts.list("refused/messages/")]
    return [note["reason"] for note in notes if note["queue"] == f"labelmill-local-{queue}"]


def test_preprocess_fails_where_it_may_not_publish(checked: Stack) -> None:
    with checked.without("preprocess", "sns:Publish"):
        scrape(checked, "no-publish")
        assert "did not confirm" in until(lambda: reasons(checked, "ingest"))[0]


def test_the_archive_fails_where_it_may_not_write(checked: Stack) -> None:
    with checked.without("archive", "s3:PutObject", prefix="posts/"):
        scrape(checked, "no-write")
        assert "AccessDenied" in until(lambda: reasons(checked, "archive"))[0]


@pytest.mark.parametrize(
    ("action", "call"),
    [
        ("dynamodb:PutItem", "PutItem"),
        ("s3:PutObject", "PutObject"),
        ("dynamodb:GetItem", "GetItem"),
    ],
)
def test_the_scraper_fails_where_an_action_is_missing(checked: Stack, action: str, call: str) -> None:
    with checked.without("scraper", action), pytest.raises(StoreUnavailable, match=f"{call}.*AccessDenied"):
        scrape(checked, f"no-{action}")


@pytest.mark.parametrize("role", ["scraper", "labeler", "preprocess", "archive"])
def test_no_role_reaches_what_is_not_its_own(checked: Stack, role: str) -> None:
    theirs = checked.as_role(role)
    releases = S3Store(theirs.s3, checked.outputs["releases_bucket"])
    with pytest.raises(StoreUnavailable, match="AccessDenied"):
        releases.put("releases/permissions/1/posts.jsonl", b"")
    with pytest.raises(StoreUnavailable, match="AccessDenied"):
        SqsQueue(theirs.sqs, checked.outputs["work_queue_url"]).receive()


def test_the_labeler_keeps_sources_and_sends_back_what_failed(checked: Stack) -> None:
    labeler = checked.as_role("labeler")
    posts = S3Store(labeler.s3, checked.outputs["posts_bucket"])
    posts.put("sources/permissions.json", b"{}")
    assert posts.get("sources/permissions.json").body == b"{}"
    assert [one.key for one in posts.list("sources/permissions")] == ["sources/permissions.json"]
    assert list(posts.list("crawls/permissions/")) == []
    root = aws.Clients(
        REGION,
        checked.root.endpoint_url,
        Credentials(checked.outputs["access_key_id"], checked.outputs["secret_access_key"]),
    )
    dead = checked.outputs["work_dlq_url"]
    SqsQueue(root.sqs, dead).send([Message("{}")])
    found = until(lambda: SqsQueue(labeler.sqs, dead).receive())
    assert SqsQueue(labeler.sqs, checked.outputs["work_queue_url"]).send([Message(found[0].body)]) == []
    SqsQueue(labeler.sqs, dead).delete([found[0].receipt])
    assert SqsQueue(labeler.sqs, dead).depth() == (0, 0)


@pytest.mark.parametrize("secret", ["secret_key_arn", "origin_secret_arn"])
def test_the_labeler_reads_its_secrets_and_no_other_role_does(checked: Stack, secret: str) -> None:
    arn = checked.outputs[secret]
    assert checked.as_role("labeler").client("secretsmanager").get_secret_value(SecretId=arn)["SecretString"]
    for role in ("worker", "scraper", "annotator", "preprocess"):
        with pytest.raises(ClientError, match="AccessDenied"):
            checked.as_role(role).client("secretsmanager").get_secret_value(SecretId=arn)

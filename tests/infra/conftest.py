"""The program's stacks as recorded, and the emulator for what only it shows."""

from functools import cache
from pathlib import Path

import pytest

from labelmill_infra.recorded import RecordedStack
from labelmill_local.recorder import record


@cache
def _recorded(stack: str) -> RecordedStack:
    return record(stack, package="/nowhere.zip")


@pytest.fixture(params=["local", "dev", "prod"])
def recorded(request: pytest.FixtureRequest) -> RecordedStack:
    """Each stack in turn."""
    return _recorded(request.param)


@pytest.fixture
def prod() -> RecordedStack:
    return _recorded("prod")


@pytest.fixture
def dev() -> RecordedStack:
    return _recorded("dev")


@pytest.fixture(scope="session")
def stand_in(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sources of functions that need no requirements: they move what they get one step on."""
    package = tmp_path_factory.mktemp("stand-in") / "pipeline"
    (package / "handlers").mkdir(parents=True)
    for folder in (package, package / "handlers"):
        (folder / "__init__.py").touch()
    (package / "handlers" / "preprocess.py").write_text(PREPROCESS)
    (package / "handlers" / "archive.py").write_text(ARCHIVE)
    return package


PREPROCESS = """
import os, boto3

def handler(event, context):
    failed = []
    for record in event["Records"]:
        if record["body"] == "poison":
            failed.append({"itemIdentifier": record["messageId"]})
        else:
            boto3.client("sns").publish(TopicArn=os.environ["POSTS_TOPIC_ARN"], Message=record["body"])
    return {"batchItemFailures": failed}
"""
ARCHIVE = """
import os, boto3

def handler(event, context):
    for record in event["Records"]:
        key = f"posts/{record['body']}.txt"
        boto3.client("s3").put_object(Bucket=os.environ["POSTS_BUCKET"], Key=key, Body=record["body"].encode())
    return {"batchItemFailures": []}
"""

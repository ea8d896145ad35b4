"""Events that nobody but an attacker sends to the labeler's function: Lambda can get each of these shapes."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.infra.browsing import Visitor
from tests.infra.test_handler import Function, backstage, environ, event, function, visitor

__all__ = ["backstage", "environ", "function", "visitor"]

RUNS = "open({path!r}, 'w').close()"
NAMED = "tests.security.test_events.obeyed"


def obeyed(event: Any = None, context: Any = None) -> str:
    """What an event names as the function to be called: leaves a file behind."""
    import os

    Path(os.environ["LABELMILL_STATE"], "obeyed").touch()
    return "obeyed"


def record(**fields: Any) -> dict[str, Any]:
    return {"Records": [fields]}


def api_request(**changes: Any) -> dict[str, Any]:
    return event("GET", "/accounts/login/", {}, "", "local") | changes


SHAPES: dict[str, Callable[[str], Any]] = {
    "raw command": lambda path: {"raw_command": RUNS.format(path=path)},
    "command": lambda path: {"command": NAMED},
    "command of the library": lambda path: {"command": "os.getcwd"},
    "manage shell": lambda path: {"manage": f"shell --command {RUNS.format(path=path).replace(' ', '')}"},
    "manage flush": lambda path: {"manage": "flush --noinput"},
    "manage createsuperuser": lambda path: {"manage": "createsuperuser --noinput --username eve"},
    "manage migrate back": lambda path: {"manage": "migrate labeling zero"},
    "manage migrate and more": lambda path: {"manage": "migrate --noinput --settings tests.evil"},
    "manage beside a command": lambda path: {"manage": "migrate --noinput", "raw_command": RUNS.format(path=path)},
    "manage as a list": lambda path: {"manage": ["migrate", "--noinput"]},
    "manage with an option for a name": lambda path: {"manage": "login_link --version"},
    "manage on two lines": lambda path: {"manage": "login_link ada\nflush --noinput"},
    "S3": lambda path: record(
        eventSource="aws:s3", s3={"configurationId": f"x:{NAMED}", "bucket": {"arn": "arn:aws:s3:::b"}}
    ),
    "SQS": lambda path: record(
        eventSource="aws:sqs", eventSourceARN="arn:aws:sqs:us-east-1:1:q", body=json.dumps({"command": NAMED})
    ),
    "SNS": lambda path: record(
        EventSource="aws:sns", Sns={"TopicArn": "arn:aws:sns:us-east-1:1:t", "Message": json.dumps({"command": NAMED})}
    ),
    "DynamoDB": lambda path: record(
        eventSource="aws:dynamodb", eventSourceARN="arn:aws:dynamodb:us-east-1:1:table/t/stream/1", dynamodb={}
    ),
    "Kinesis": lambda path: record(
        eventSource="aws:kinesis", eventSourceARN="arn:aws:kinesis:us-east-1:1:stream/s", kinesis={"data": ""}
    ),
    "EventBridge schedule": lambda path: {
        "detail-type": "Scheduled Event", "resources": [f"arn:aws:events:us-east-1:1:rule/x-{NAMED}"],
    },
    "EventBridge": lambda path: {"detail-type": "Anything", "source": "x", "detail": {"command": NAMED}},
    "API Gateway v2": lambda path: {
        "version": "2.0", "routeKey": "$default", "rawPath": "/accounts/login/", "rawQueryString": "", "headers": {},
        "requestContext": {"stage": "local", "http": {"method": "GET", "path": "/", "sourceIp": "192.0.2.1"}},
    },
    "function URL": lambda path: {
        "version": "2.0", "rawPath": "/accounts/login/", "rawQueryString": "",
        "headers": {"host": "x.lambda-url.on.aws"},
        "requestContext": {"http": {"method": "GET", "path": "/", "sourceIp": "192.0.2.1"}},
    },
    "ALB": lambda path: api_request(requestContext={"elb": {"targetGroupArn": "arn"}, "identity": {}}),
    "web socket": lambda path: {"requestContext": {"eventType": "MESSAGE", "routeKey": NAMED, "domainName": "x"}},
    "authorizer": lambda path: {"type": "TOKEN", "authorizationToken": "x", "methodArn": "arn"},
    "request authorizer": lambda path: api_request(type="REQUEST", methodArn="arn"),
    "Cognito": lambda path: {"triggerSource": "PreSignUp_SignUp", "request": {}},
    "Lex": lambda path: {"bot": {"name": "x"}, "currentIntent": {"name": "x"}},
    "CloudWatch logs": lambda path: {"awslogs": {"data": ""}},
    "Step Functions": lambda path: {"taskToken": "x", "input": {"raw_command": RUNS.format(path=path)}},
    "variables of a stage": lambda path: api_request(stageVariables={"DJANGO_SETTINGS_MODULE": "evil", "DEBUG": "1"}),
    "a request with a command": lambda path: api_request(raw_command=RUNS.format(path=path)),
    "a request of no identity": lambda path: api_request(requestContext={"stage": "local"}),
    "a request of no method": lambda path: api_request(httpMethod=""),
    "nothing": lambda path: {},
    "a list": lambda path: [{"raw_command": RUNS.format(path=path)}],
    "a text": lambda path: "raw_command",
    "null": lambda path: None,
}  # fmt: skip


@pytest.mark.parametrize("shape", SHAPES)
def test_cwe_94_no_event_but_the_stacks_own_is_obeyed(
    function: Function, environ: dict[str, str], visitor: Callable[..., Visitor], tmp_path: Path, shape: str
) -> None:
    path = tmp_path / "obeyed"
    found = function(SHAPES[shape](str(path)))
    assert found["errorType"] == "EventRefused"
    assert "allowed: a request by the API Gateway" in found["errorMessage"]
    assert not path.exists()
    assert not (Path(environ["LABELMILL_STATE"]) / "obeyed").exists()
    assert visitor().get("/accounts/login/").status == 200  # the same process goes on


def test_the_stacks_own_commands_are_obeyed(function: Function) -> None:
    assert function({"manage": "migrate --noinput"}) == {}
    assert function({"manage": "login_link nobody-of-this-name"})["errorType"] == "CommandError"

"""The labeler as Lambda runs it: Zappa's handler in a process of its own, asked with the events of an API Gateway."""

import base64
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from labelmill_infra.deployment.zappa import make_settings
from labelmill_local.configuration import name_machine
from tests.e2e.backstage import Backstage
from tests.infra.browsing import Answer, Visitor, said

ROOT = Path(__file__).resolve().parents[2]
VERSION = f"python{sys.version_info.major}.{sys.version_info.minor}"
SITE = "https://label.example.org"
API = "abcdefghij.execute-api.us-east-1.amazonaws.com"
PASSWORD = "mill-wheel-7"
SERVE = """
import json, os, sys
out = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)  # what is printed by others is no answer
from labeler.lambda_function import answer
for line in sys.stdin:
    try:
        found = answer(json.loads(line), None)
    except Exception as error:
        found = {"errorType": type(error).__name__, "errorMessage": str(error)}
    print(json.dumps(found), file=out, flush=True)
"""


class Function:
    """The labeler's function, warm; `environ`: all that its process finds."""

    def __init__(self, environ: Mapping[str, str], log: Path) -> None:
        self._log = log.open("w")
        self._child = subprocess.Popen(
            [sys.executable, "-c", SERVE], env=dict(environ), stdin=-1, stdout=-1, stderr=self._log, text=True
        )

    def __call__(self, event: Mapping[str, Any]) -> dict[str, Any]:
        assert self._child.stdin
        assert self._child.stdout
        print(json.dumps(event), file=self._child.stdin, flush=True)
        line = self._child.stdout.readline()
        assert line, f"the handler ended: {self._log.name}"
        return dict(json.loads(line))

    def close(self) -> None:
        self._child.communicate()
        self._log.close()


def event(method: str, address: str, headers: Mapping[str, str], body: str, stage: str) -> dict[str, Any]:
    """As an API Gateway makes it of a request that came by CloudFront's edge."""
    parts = urlsplit(address)
    given = {"Host": API, "X-Forwarded-For": "192.0.2.66, 198.51.100.7, 203.0.113.1", "X-Forwarded-Proto": "https"}
    given |= {name: value for name, value in headers.items() if name != "Host"}
    query = [pair.split("=", 1) for pair in parts.query.split("&") if pair]
    return {
        "resource": "/{proxy+}",
        "path": parts.path,
        "httpMethod": method,
        "headers": given,
        "multiValueHeaders": {name: [value] for name, value in given.items()},
        "queryStringParameters": dict(query) or None,  # type: ignore[arg-type]
        "multiValueQueryStringParameters": {name: [value] for name, value in query} or None,
        "pathParameters": {"proxy": parts.path[1:]},
        "stageVariables": None,
        "requestContext": {"stage": stage, "identity": {"sourceIp": "203.0.113.1"}},
        "body": base64.b64encode(body.encode()).decode() if body else None,
        "isBase64Encoded": bool(body),
    }


def answer(found: Mapping[str, Any]) -> Answer:
    several = {name.lower(): values for name, values in (found.get("multiValueHeaders") or {}).items()}
    one = {name.lower(): [value] for name, value in (found.get("headers") or {}).items()}
    body = found.get("body") or ""
    if found.get("isBase64Encoded"):
        body = base64.b64decode(body).decode()
    return Answer(found["statusCode"], {**one, **several}, body)


@pytest.fixture(scope="module")
def environ(stack: Mapping[str, str], tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What the function of a stack behind CloudFront finds, its names being the local stack's, its database a file."""
    place = tmp_path_factory.mktemp("handler")
    outputs = {name.lower(): value for name, value in stack.items()}
    stage = make_settings("local", outputs, runtime=VERSION, architecture=name_machine(), reserve=True)
    variables = stage["local"]["aws_environment_variables"]
    variables |= {"ORIGIN_SECRET_ARN": outputs["origin_secret_arn"], "SITE_ADDRESS": SITE, "STATIC_URL": "/static/"}
    variables |= {"LABELMILL_STATE": str(place / "state"), "AWS_LAMBDA_FUNCTION_NAME": "labelmill-local"}
    (place / "zappa_settings.json").write_text(json.dumps(stage))
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    found = {**kept, **variables, "PYTHONPATH": f"{place}:{ROOT}", "PYTHONWARNINGS": "ignore"}
    command = ["zappa", "save-python-settings-file", "local", "--no_venv", "-o", str(place / "zappa_settings.py")]
    zappa = Path(sys.executable).with_name("zappa")
    done = subprocess.run([str(zappa), *command[1:]], cwd=place, env=found, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return found


@pytest.fixture(scope="module")
def backstage(environ: dict[str, str]) -> Iterator[Backstage]:
    env = {name: value for name, value in environ.items() if name != "AWS_LAMBDA_FUNCTION_NAME"}
    env |= {"DJANGO_SETTINGS_MODULE": "labeler.settings"}
    subprocess.run([sys.executable, "manage.py", "migrate", "--verbosity", "0"], cwd=ROOT, env=env, check=True)
    child = Backstage(env)
    yield child
    child.close()


@pytest.fixture(scope="module")
def function(
    environ: dict[str, str], backstage: Backstage, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Function]:
    made = Function(environ, tmp_path_factory.mktemp("log") / "handler.log")
    yield made
    made.close()


@pytest.fixture
def visitor(function: Function, stack: Mapping[str, str]) -> Callable[..., Visitor]:
    """Somebody whose requests come by CloudFront, with its secret, or another one."""
    from pipeline.adapters import aws

    manager = aws.clients(stack).client("secretsmanager")
    right = manager.get_secret_value(SecretId=stack["ORIGIN_SECRET_ARN"])["SecretString"]

    def make(secret: str = right) -> Visitor:
        added = {"x-origin-secret": secret, "x-viewer-address": "198.51.100.7"}

        def send(method: str, path: str, headers: Mapping[str, str], body: str) -> Answer:
            return answer(function(event(method, path, {**headers, **added}, body, "local")))

        return Visitor(send, SITE)

    return make


def test_somebody_logs_in_labels_and_submits(backstage: Backstage, visitor: Callable[..., Visitor]) -> None:
    backstage("account", name="lena")
    backstage("project", slug="by-lambda")
    backstage("posts", slug="by-lambda", texts=[{"text": "We look for a welder in Lyon."}])
    lena = visitor()
    assert lena.log_in("lena", PASSWORD).headers["location"] == ["/"]
    assert "By lambda" in lena.get("/").body
    assert said(lena.label("by-lambda", "welder", "Role").body) == "Stored."
    (made,) = backstage.answers("by-lambda", 1)
    assert made["spans"] == [["Role", "welder"]]


def test_addresses_begin_at_the_root_of_the_site_and_not_at_the_stage(visitor: Callable[..., Visitor]) -> None:
    stranger = visitor()
    found = stranger.get("/")
    assert (found.status, found.headers["location"]) == (302, ["/accounts/login/?next=/"])
    page = stranger.get("/accounts/login/").body
    assert 'href="/static/' in page
    assert "/local/" not in page


def test_cookies_are_for_https_alone(visitor: Callable[..., Visitor]) -> None:
    cookies = visitor().get("/accounts/login/").headers["set-cookie"]
    assert cookies
    assert all("Secure" in cookie for cookie in cookies)


def test_past_cloudfront_nothing_is_served(visitor: Callable[..., Visitor]) -> None:
    for path in ("/", "/accounts/login/", "/static/labelmill/base.css", "/api/v1/openapi.json"):
        found = visitor("w" * 32).get(path)
        assert (found.status, "password" in found.body) == (403, False), path

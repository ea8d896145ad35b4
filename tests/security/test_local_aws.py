"""The local AWS against any page that is open in a browser of the same machine, and against unsigned requests."""

import http.client
import json
import os
import threading
import urllib.request
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from botocore.exceptions import ClientError
from playwright.sync_api import Browser, sync_playwright

from pipeline.adapters.aws import Clients, Credentials, clients
from tests.pipeline.jobs.test_local_aws import post

INSIDE = ["/_ministack/ses/messages", "/_ministack/health", "/_localstack/health", "/health", "/_ministack/config"]
PAGE = """<!doctype html><title>A page of somebody else</title>
<script>
async function attack(at, bucket, key) {
  const seen = [];
  const tried = async (name, act) => {
    try { seen.push([name, await act()]) } catch (error) { seen.push([name, "refused"]) }
  };
  const image = new Image();
  await tried("img", () => new Promise((done) => {
    image.onload = () => done("loaded"); image.onerror = () => done("refused"); image.src = `${at}/${bucket}/dot.svg`;
  }));
  await tried("get", async () => (await fetch(`${at}/${bucket}/${key}`)).status);
  await tried("delete", async () => (await fetch(`${at}/${bucket}/${key}`, {method: "DELETE"})).status);
  await tried("put", async () => (await fetch(`${at}/${bucket}/new`, {method: "PUT", body: "x"})).status);
  await tried("blind put", async () => (await fetch(`${at}/${bucket}/new`, {method: "POST", mode: "no-cors",
    body: "x"})).type);
  await tried("queue", async () => (await fetch(at, {method: "POST", mode: "no-cors",
    headers: {"Content-Type": "application/x-www-form-urlencoded"},
    body: "Action=CreateQueue&Version=2012-11-05&QueueName=" + key})).type);
  await tried("reset", async () => (await fetch(`${at}/_ministack/reset`, {method: "POST", mode: "no-cors"})).type);
  return Object.fromEntries(seen);
}
</script>
<form method=post enctype="multipart/form-data"><input name=key value="by-form"><input name=file value="x"></form>
"""


class _Foreign(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = PAGE.encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *given: object) -> None:
        pass


@pytest.fixture(scope="module")
def foreign() -> Iterator[str]:
    """The origin of a page that is not ours."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Foreign) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://evil.example:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture
def bucket(stack: Mapping[str, str]) -> str:
    """With one object that somebody would miss, and an image."""
    made, s3 = f"attacked-{uuid4().hex}", clients(stack).s3
    s3.create_bucket(Bucket=made)
    s3.put_object(Bucket=made, Key="label.json", Body=b"{}")
    s3.put_object(
        Bucket=made, Key="dot.svg", Body=b'<svg xmlns="http://www.w3.org/2000/svg"/>', ContentType="image/svg+xml"
    )
    return made


def kept(stack: Mapping[str, str], bucket: str) -> set[str]:
    return {one["Key"] for one in clients(stack).s3.list_objects_v2(Bucket=bucket)["Contents"]}


def ask(stack: Mapping[str, str], method: str, path: str, host: str = "", body: bytes = b"", **headers: str) -> int:
    at = urlsplit(stack["ENDPOINT_URL"]).netloc
    connection = http.client.HTTPConnection(at, timeout=10)
    connection.request(method, path, body, {"Host": host or at, **headers})
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer.status


@pytest.fixture(scope="module")
def visiting(foreign: str, stack: Mapping[str, str]) -> Iterator[Browser]:
    """Chromium whose resolver gives names of the attacker for 127.0.0.1, as a rebound one does."""
    with sync_playwright() as playwright:
        rules = "MAP evil.example 127.0.0.1, MAP rebound.example 127.0.0.1"
        yield playwright.chromium.launch(
            executable_path=os.environ.get("CHROMIUM_PATH") or "/usr/bin/chromium",
            args=["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", f"--host-resolver-rules={rules}",
                  "--disable-features=LocalNetworkAccessChecks,BlockInsecurePrivateNetworkRequests"],
        )  # fmt: skip


def test_cwe_352_a_page_of_somebody_else_neither_reads_nor_changes_anything(
    stack: Mapping[str, str], bucket: str, foreign: str, visiting: Browser
) -> None:
    page, at = visiting.new_page(), stack["ENDPOINT_URL"]
    answers: list[int] = []
    page.on("response", lambda got: answers.append(got.status) if got.url.startswith(at) else None)
    page.goto(foreign)
    seen = page.evaluate("([at, bucket, key]) => attack(at, bucket, key)", [at, bucket, "label.json"])
    assert {name: got for name, got in seen.items() if got != "opaque"} == dict.fromkeys(
        ("img", "get", "delete", "put"), "refused"
    )
    assert answers
    assert set(answers) == {403}
    with page.expect_navigation() as went:
        page.evaluate("at => { document.forms[0].action = at; document.forms[0].submit() }", f"{at}/{bucket}")
    assert went.value
    assert went.value.status == 403
    assert kept(stack, bucket) == {"label.json", "dot.svg"}


def test_cwe_350_a_name_that_was_bound_to_this_machine_afterwards_is_not_ours(
    stack: Mapping[str, str], bucket: str, visiting: Browser
) -> None:
    port = urlsplit(stack["ENDPOINT_URL"]).port
    page = visiting.new_page()
    for path in (f"/{bucket}/label.json", "/_ministack/ses/messages", "/_aws/execute-api/none/local/"):
        answer = page.goto(f"http://rebound.example:{port}{path}")
        assert answer
        assert answer.status == 403
    same_origin = page.evaluate("async path => (await fetch(path, {method: 'DELETE'})).status", f"/{bucket}/label.json")
    assert same_origin == 403
    assert kept(stack, bucket) == {"label.json", "dot.svg"}


def test_cwe_350_even_a_signed_request_calls_us_by_our_name(stack: Mapping[str, str], bucket: str) -> None:
    link = urlsplit(clients(stack).s3.generate_presigned_url("get_object", {"Bucket": bucket, "Key": "label.json"}))
    assert ask(stack, "GET", f"{link.path}?{link.query}") == 200
    assert ask(stack, "GET", f"{link.path}?{link.query}", host=f"rebound.example:{link.port}") == 403
    assert ask(stack, "GET", f"{link.path}?{link.query}", host="127.0.0.1") == 403


@pytest.mark.parametrize("path", [*INSIDE, "/", "//_ministack/ses/messages", "/_aws/../_ministack/health"])
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE", "HEAD", "PATCH"])
def test_cwe_306_nothing_answers_who_has_no_key(stack: Mapping[str, str], path: str, method: str) -> None:
    assert ask(stack, method, path) == 403


def test_cwe_347_a_wrong_key_and_a_changed_request_are_refused(stack: Mapping[str, str], bucket: str) -> None:
    at = stack["ENDPOINT_URL"]
    for key_id, secret in (("test", "test"), ("000000000000", "test"), ("AKIAUNKNOWN", "test"), ("test", "")):
        wrong = Clients(stack["REGION"], at, Credentials(key_id, secret or "x"))
        for forbidden in (
            lambda wrong=wrong: wrong.s3.get_object(Bucket=bucket, Key="label.json"),
            lambda wrong=wrong: wrong.sqs.list_queues(),
            lambda wrong=wrong: wrong.client("sts").get_caller_identity(),
        ):
            with pytest.raises(ClientError) as refused:
                forbidden()
            assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403
    link = urlsplit(clients(stack).s3.generate_presigned_url("get_object", {"Bucket": bucket, "Key": "label.json"}))
    assert ask(stack, "GET", f"/{bucket}/dot.svg?{link.query}") == 403
    assert ask(stack, "DELETE", f"{link.path}?{link.query}") == 403


def test_cwe_347_a_form_needs_a_policy_that_we_signed(stack: Mapping[str, str], bucket: str) -> None:
    form = clients(stack).s3.generate_presigned_post(bucket, "given", Conditions=[["content-length-range", 0, 9]])
    assert post(form["url"], form["fields"], b"fine") == 204
    wider = clients(stack).s3.generate_presigned_post("other", "given")["fields"]
    for name, value in (("policy", wider["policy"]), ("x-amz-signature", "0" * 64), ("x-amz-credential", "test")):
        assert post(form["url"], {**form["fields"], name: value}, b"forged") == 403, name
    assert post(form["url"], {**form["fields"], "key": "label.json"}, b"forged") == 403
    assert post(form["url"], {"key": "label.json"}, b"forged") == 403
    body = clients(stack).s3.get_object(Bucket=bucket, Key="label.json")["Body"].read()
    assert body == b"{}"
    assert kept(stack, bucket) == {"label.json", "dot.svg", "given"}


def test_who_holds_the_key_reads_what_was_mailed(stack: Mapping[str, str]) -> None:
    assert "messages" in json.loads(clients(stack).read_local("/_ministack/ses/messages"))


def test_cwe_522_the_key_is_read_by_its_owner_alone(
    stack: Mapping[str, str], site: str, server_env: dict[str, str]
) -> None:
    assert len(stack["SECRET_ACCESS_KEY"]) >= 32
    with urllib.request.urlopen(f"{site}/accounts/login/") as answer:
        assert stack["SECRET_ACCESS_KEY"] not in answer.read().decode()
    held = Path(stack["LABELMILL_STATE"])
    for name in ("secret_access_key", "stack.json"):
        assert (held / name).stat().st_mode & 0o077 == 0, name

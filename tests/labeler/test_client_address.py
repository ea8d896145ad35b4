"""Behind CloudFront the client's address is what CloudFront saw, whatever else is said; past it there is nothing."""

import uuid
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from axes.helpers import get_client_ip_address
from django.test import Client, RequestFactory

from labeler.middleware.client_address import REREAD_SECONDS, ClientAddressMiddleware, OriginSecret
from pipeline.adapters import aws

NEW, OLD, WRONG = "n" * 32, "o" * 32, "w" * 32
CLIENT, EDGE, FORGED = "198.51.100.7", "203.0.113.1", "192.0.2.66"


@pytest.fixture(scope="module")
def arn(stack: Mapping[str, str]) -> str:
    """A secret that was replaced once, in the local Secrets Manager."""
    manager = aws.clients(stack).client("secretsmanager")
    made = manager.create_secret(Name=f"test-origin-{uuid.uuid4().hex}", SecretString=OLD)
    manager.put_secret_value(SecretId=made["ARN"], SecretString=NEW)
    return str(made["ARN"])


@pytest.fixture
def behind_cloudfront(settings: Any, stack: Mapping[str, str], monkeypatch: pytest.MonkeyPatch, arn: str) -> None:
    for name in ("REGION", "ENDPOINT_URL", "ACCESS_KEY_ID", "SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, stack[name])
    settings.IN_LAMBDA, settings.ORIGIN_SECRET_ARN, settings.SITE_HOST = True, arn, "label.example.org"
    settings.ALLOWED_HOSTS = ["label.example.org"]


def event(headers: Mapping[str, str | list[str]], source: str = EDGE) -> dict[str, Any]:
    """As the API Gateway makes it: `source` is who connected to it."""
    several = {name: value if isinstance(value, list) else [value] for name, value in headers.items()}
    return {
        "headers": {name: values[-1] for name, values in several.items()},
        "multiValueHeaders": several,
        "requestContext": {"identity": {"sourceIp": source}},
    }


def environ(given: dict[str, Any]) -> dict[str, Any]:
    """What Zappa makes of an event: any spelling of a header is one variable, the last one wins."""
    headers = {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in given["headers"].items()}
    return {**headers, "REMOTE_ADDR": FORGED, "lambda.event": given, "HTTP_HOST": "abc.execute-api.amazonaws.com"}


def answer(given: dict[str, Any]) -> Any:
    return Client().get("/accounts/login/", **environ(given))


@pytest.fixture
def seen(behind_cloudfront: None) -> Callable[[dict[str, Any]], Any]:
    """The request as all that follows sees it."""
    requests: list[Any] = []
    middleware = ClientAddressMiddleware(lambda request: requests.append(request))  # type: ignore[arg-type,return-value]

    def see(given: dict[str, Any]) -> Any:
        middleware(RequestFactory().get("/", **environ(given)))
        return requests[-1]

    return see


def test_the_address_is_what_cloudfront_saw(seen: Callable[[dict[str, Any]], Any]) -> None:
    for secret in (NEW, OLD):  # while it is replaced both are right
        request = seen(event({"x-viewer-address": CLIENT, "x-origin-secret": secret, "X-Forwarded-For": FORGED}))
        assert request.META["REMOTE_ADDR"] == CLIENT
        assert get_client_ip_address(request) == CLIENT  # what a lock-out counts by
        assert "X-Forwarded-For" not in request.headers


def test_the_host_is_the_sites_since_cloudfront_asks_by_another(seen: Callable[[dict[str, Any]], Any]) -> None:
    request = seen(event({"X-Viewer-Address": "2001:db8::1", "X-Origin-Secret": NEW}))
    assert request.get_host() == "label.example.org"
    assert request.META["REMOTE_ADDR"] == "2001:db8::1"


@pytest.mark.usefixtures("behind_cloudfront", "db")
@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"x-viewer-address": CLIENT},
        {"x-viewer-address": CLIENT, "x-origin-secret": ""},
        {"x-viewer-address": CLIENT, "x-origin-secret": WRONG},
        {"x-viewer-address": CLIENT, "x-origin-secret": [WRONG, NEW]},
        {"x-viewer-address": CLIENT, "x-origin-secret": [NEW, WRONG]},  # CloudFront sends one
        {"x-viewer-address": CLIENT, "x-origin-secret": NEW, "X-Origin-Secret": WRONG},
        {"x-viewer-address": CLIENT, "x-origin-secret": f"{NEW}, {WRONG}"},
        {"x-viewer-address": CLIENT, "x_origin_secret": NEW},  # the same variable of WSGI, another header
        {"x-viewer-address": [FORGED, CLIENT], "x-origin-secret": NEW},
        {"x-viewer-address": "somewhere", "x-origin-secret": NEW},
        {"x-origin-secret": NEW},
    ],
)
def test_a_request_that_cloudfront_did_not_prove_gets_nothing(headers: dict[str, Any]) -> None:
    got = answer(event(headers, source=CLIENT))
    assert got.status_code == 403
    assert "password" not in got.content.decode()


def test_a_header_spelt_otherwise_does_not_change_the_address(seen: Callable[[dict[str, Any]], Any]) -> None:
    proved = {"x-viewer-address": CLIENT, "x-origin-secret": NEW}
    request = seen(event({**proved, "x_viewer_address": FORGED, "X_Forwarded_For": FORGED}))
    assert request.META["REMOTE_ADDR"] == CLIENT


@pytest.mark.usefixtures("behind_cloudfront", "db")
def test_a_lock_out_locks_out_one_address_and_not_the_edge(django_user_model: Any) -> None:
    django_user_model.objects.create_user("ann", password="right")
    ten = [
        Client().post("/accounts/login/", {"username": "ann", "password": "wrong"}, **environ(proved_by(CLIENT, at)))
        for at in range(10)
    ]
    assert ten[-1].status_code == 429
    right = {"username": "ann", "password": "right"}
    assert Client().post("/accounts/login/", right, **environ(proved_by(CLIENT, 11))).status_code == 429
    assert Client().post("/accounts/login/", right, **environ(proved_by("198.51.100.8", 0))).status_code == 302


def proved_by(address: str, at: int) -> dict[str, Any]:
    """By CloudFront, with another forged address each time."""
    return event({"x-viewer-address": address, "x-origin-secret": NEW, "X-Forwarded-For": f"192.0.2.{at}, {EDGE}"})


def test_without_cloudfront_it_is_who_called_the_api_gateway(settings: Any) -> None:
    settings.IN_LAMBDA, settings.ORIGIN_SECRET_ARN = True, ""
    requests: list[Any] = []
    middleware = ClientAddressMiddleware(lambda request: requests.append(request))  # type: ignore[arg-type,return-value]
    forged = event({"X-Forwarded-For": f"{FORGED}, {FORGED}", "x-viewer-address": FORGED}, source=CLIENT)
    middleware(RequestFactory().get("/", **environ(forged)))
    assert requests[0].META["REMOTE_ADDR"] == CLIENT


def test_a_new_secret_is_looked_up_but_not_at_each_guess() -> None:
    now, kept, reads = [0.0], [OLD], []

    def read() -> list[str]:
        reads.append(now[0])
        return list(kept)

    secret = OriginSecret(read, lambda: now[0])
    kept[:] = [NEW, OLD]
    assert [secret.is_right(WRONG) for _ in range(50)] == [False] * 50
    assert reads == [0.0]
    now[0] = REREAD_SECONDS
    assert secret.is_right(NEW)
    assert not secret.is_right(WRONG)
    assert reads == [0.0, REREAD_SECONDS]

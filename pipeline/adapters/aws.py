"""The ports filled by AWS, or by the local AWS when `ENDPOINT_URL` is set. The only module that imports boto3.

No client is opened before its first use; each is made once, under a lock (boto3's making is not thread-safe, its
clients are). Where a local endpoint is set, the local key goes with it, so that nothing local reaches the real AWS.
"""

import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, cast

# botocore asks pyOpenSSL for a class that urllib3 has as well: 11 MB, where something else has installed it (Scrapy).
sys.modules.setdefault("urllib3.contrib.pyopenssl", None)  # type: ignore[arg-type]

import boto3  # noqa: E402
import botocore.credentials  # noqa: E402
from botocore.config import Config  # noqa: E402

from pipeline.adapters.aws_errors import unavailable  # noqa: E402
from pipeline.adapters.dynamodb import DynamoSeen  # noqa: E402
from pipeline.adapters.messaging import SnsTopic, SqsQueue  # noqa: E402
from pipeline.adapters.s3 import S3Store  # noqa: E402
from pipeline.ports import StoreUnavailable  # noqa: E402

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_sqs import SQSClient


__all__ = [
    "Clients",
    "Credentials",
    "DynamoSeen",
    "S3Store",
    "SnsTopic",
    "SqsQueue",
    "SystemClock",
    "clients",
    "unavailable",
]


@dataclass(frozen=True)
class Credentials:
    """Access key, secret and, for an assumed role, its session token."""

    key_id: str
    secret: str
    token: str | None = None


@dataclass(frozen=True)
class Clients:
    """The AWS clients of one region and endpoint, each made at its first use."""

    region: str
    endpoint: str | None = None
    credentials: Credentials | None = None  # None: boto3's own chain (role of the Lambda, task or machine)
    # One session: each keeps its own 8 MB of endpoints and service models.
    _session: boto3.session.Session = field(default_factory=boto3.session.Session, repr=False, compare=False)
    _made: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False, compare=False)

    def client(self, service: str) -> Any:
        """A client of any service, for the few that need one without a port."""
        with self._lock:
            if service not in self._made:
                self._made[service] = self._make(service)
            return self._made[service]

    def _make(self, service: str) -> Any:
        keys = self.credentials
        return self._session.client(  # type: ignore[call-overload]
            service,
            region_name=self.region,
            endpoint_url=self.endpoint,
            aws_access_key_id=keys and keys.key_id,
            aws_secret_access_key=keys and keys.secret,
            aws_session_token=keys and keys.token,
            config=Config(
                signature_version="s3v4" if service == "s3" else None,
                # By the region's own address: a new bucket's global one redirects, which no posted form follows.
                s3={
                    "addressing_style": "path" if self.endpoint else "virtual",
                    "us_east_1_regional_endpoint": "regional",
                },
                retries={"mode": "standard", "total_max_attempts": 3},
                connect_timeout=5,
                read_timeout=30,  # above the longest SQS poll, 20 s
                max_pool_connections=20,
            ),
        )

    def read_local(self, path: str) -> bytes:
        """What the local AWS answers under `path` beside all services: what was mailed, for one. Raises
        `StoreUnavailable` where it does not."""
        from botocore.auth import SigV4Auth  # these two only where there is a local AWS
        from botocore.awsrequest import AWSRequest
        from botocore.httpsession import URLLib3Session

        keys = self.credentials
        signer = (
            botocore.credentials.Credentials(keys.key_id, keys.secret, keys.token)
            if keys
            else self._session.get_credentials()
        )
        if signer is None:
            raise StoreUnavailable("the local AWS: no key to sign with")
        request = AWSRequest("GET", f"{self.endpoint}{path}")
        SigV4Auth(signer, "execute-api", self.region).add_auth(request)
        with unavailable("the local AWS"):
            answer = URLLib3Session(timeout=10).send(request.prepare())
        if answer.status_code != HTTPStatus.OK:
            raise StoreUnavailable(f"the local AWS answered {answer.status_code} for {path}")
        return bytes(answer.content)

    @property
    def s3(self) -> "S3Client":
        return cast("S3Client", self.client("s3"))

    @property
    def sqs(self) -> "SQSClient":
        return cast("SQSClient", self.client("sqs"))

    @property
    def sns(self) -> "SNSClient":
        return cast("SNSClient", self.client("sns"))

    @property
    def dynamodb(self) -> "DynamoDBClient":
        return cast("DynamoDBClient", self.client("dynamodb"))


def clients(env: Mapping[str, str]) -> Clients:
    """Clients for the stack whose outputs are in `env`.

    `ENDPOINT_URL` (the local stack's output, with its key beside it) or `AWS_ENDPOINT_URL` (which the local AWS gives
    its Lambdas) makes them local.
    """
    region = env.get("REGION") or env.get("AWS_REGION") or env.get("AWS_DEFAULT_REGION") or "us-east-1"
    endpoint = env.get("ENDPOINT_URL") or env.get("AWS_ENDPOINT_URL") or None
    if not endpoint or (env.get("AWS_ACCESS_KEY_ID") and not env.get("SECRET_ACCESS_KEY")):
        return Clients(region, endpoint)  # on AWS, or inside a local Lambda: its role's own credentials
    # Without the local key nothing is let in, and that is what is said.
    return Clients(
        region, endpoint, Credentials(env.get("ACCESS_KEY_ID", "none"), env.get("SECRET_ACCESS_KEY", "none"))
    )


class SystemClock:
    def now(self) -> datetime:
        return datetime.now(UTC)

"""boto3 clients of the emulator."""

import threading
from typing import Any

import boto3
from botocore.config import Config

KEY_ID = "test"  # of the account's root; the secret beside it is random


class Clients:
    """One client per service, made when first asked for, with the key of the emulator that is told.

    boto3 makes clients from a session that is not safe between threads, and Pulumi registers resources in many.
    """

    def __init__(self, endpoint_url: str, region: str, secret: str, *, patience: float | None = None) -> None:
        """`patience`: seconds after which a call has failed, without a second try; boto3's own where None."""
        limits: dict[str, Any] = (
            {}
            if patience is None
            else {"connect_timeout": patience, "read_timeout": patience, "retries": {"total_max_attempts": 1}}
        )
        self._config: Any = Config(max_pool_connections=32, s3={"addressing_style": "path"}, **limits)
        self.endpoint_url = endpoint_url
        self.region = region
        self._lock = threading.Lock()
        self._session: Any = boto3.session.Session(KEY_ID, secret, region_name=region)
        self._clients: dict[str, Any] = {}

    def get(self, service: str) -> Any:
        with self._lock:
            if service not in self._clients:
                self._clients[service] = self._session.client(
                    service,
                    endpoint_url=self.endpoint_url,
                    config=self._config,
                )
            return self._clients[service]

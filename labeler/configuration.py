"""Reads settings from the environment; a bad value is an error that names what was given and what is allowed."""

import os
import re
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import dj_database_url
from environs import Env, ValidationError

from labeler import secret_values
from labeler.aurora import AUTHORITIES
from labeler.secret_values import Read
from pipeline.errors import InvalidInput

SHORTEST_KEY = 32  # characters
CONNECT_SECONDS = 5  # then a page says that the database is waking up, long before the API Gateway gives up


class Environment(Env):
    """Of the variables given; an empty one counts as not set. What is not allowed raises `environs.EnvError`."""

    def __init__(self, given: Mapping[str, str]) -> None:
        super().__init__()
        self._given = given

    def _get_value(self, env_key: str, default: Any) -> Any:
        return self._given.get(env_key) or default

    def flag(self, name: str) -> bool:
        """False where it is not set."""
        messages = {"invalid": "given {input!r}, allowed: 1, 0, true, false, yes, no, on, off"}
        return bool(self.bool(name, False, error_messages=messages))  # type: ignore[call-overload]

    def names(self, name: str, default: list[str]) -> list[str]:
        """A list separated by commas."""
        return [one for one in map(str.strip, self.list(name, default)) if one] or default

    def site_host(self, name: str) -> str:
        """The host of an address such as `https://label.example.org`; empty where none is given."""
        return urlsplit(self.str(name, "", validate=_is_site)).netloc


def _is_site(given: str) -> None:
    parts = urlsplit(given)
    if parts.scheme != "https" or not parts.netloc or parts.path not in ("", "/"):
        raise ValidationError(f"given {given!r}, allowed: https://HOST")


def secret_keys(env: Mapping[str, str], state: Path, local: bool, read: Read = secret_values.read) -> list[str]:
    """The key that signs, then those whose signatures still count.

    `SECRET_KEY` itself; or what Secrets Manager keeps under the name `SECRET_KEY_ARN`, with the key before it; on one
    machine, one made at the first start and kept in the state directory.
    """
    if given := env.get("SECRET_KEY", ""):
        found = [given]
    elif arn := env.get("SECRET_KEY_ARN", ""):
        found = read(arn, env)
    elif local:
        return [_own_key(state)]
    else:
        raise InvalidInput("SECRET_KEY_ARN", "", "on AWS, the name of a secret in Secrets Manager")
    for key in found:
        if len(key) < SHORTEST_KEY:
            raise InvalidInput("SECRET_KEY", f"{len(key)} characters", f"{SHORTEST_KEY} or more")
    return found


def _own_key(state: Path) -> str:
    kept = state / "secret-key"
    if not kept.exists():
        state.mkdir(parents=True, exist_ok=True)
        new = state / f"secret-key.{secrets.token_hex(4)}"
        new.touch(mode=0o600)
        new.write_text(secrets.token_urlsafe(48))
        try:
            kept.hardlink_to(new)  # fails when another process was first
        except FileExistsError:
            pass
        finally:
            new.unlink()
    return kept.read_text()


def database(env: Mapping[str, str], state: Path, on_aws: bool = False) -> dict[str, Any]:
    """Django's settings of the database: PostgreSQL by `DATABASE_URL`, else SQLite in the state directory.

    On AWS a URL without a password means Aurora, logged in to by IAM tokens and known by Amazon's certificates.
    """
    url = env.get("DATABASE_URL", "")
    if not url:
        return _sqlite(state / "db.sqlite3")
    try:
        found: dict[str, Any] = {"OPTIONS": {}, **dj_database_url.parse(url)}
    except ValueError:
        found = {"ENGINE": "none that is known"}
    if found["ENGINE"] != "django.db.backends.postgresql" or not found["NAME"]:
        shown = re.sub(r"//[^@/]*@", "//…@", url)  # never print a password
        raise InvalidInput("DATABASE_URL", shown, "postgresql://user:password@host:port/database") from None
    options: dict[str, Any] = {"connect_timeout": CONNECT_SECONDS}
    if on_aws and not found["PASSWORD"]:
        found["ENGINE"] = "labeler.aurora"
        options |= {"sslmode": "verify-full", "sslrootcert": str(AUTHORITIES)}
    return found | {
        "PORT": str(found["PORT"]),
        # Aurora that scaled to zero sleeps only when nobody is connected.
        "CONN_MAX_AGE": 0 if Environment(env).flag("DATABASE_MAY_SLEEP") else 600,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": options | found["OPTIONS"],
    }


def _sqlite(path: Path) -> dict[str, Any]:
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": str(path),
        "CONN_MAX_AGE": None,
        "OPTIONS": {
            # A transaction that reads first and writes later would fail on a busy database instead of waiting.
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            # With WAL, NORMAL survives any crash of a process; a power cut may cost the last commits, whose labels
            # are in S3 too. A small cache for each connection: reads are by the mapped file.
            "init_command": (
                "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA cache_size=-4000; "
                "PRAGMA mmap_size=268435456; PRAGMA temp_store=MEMORY; PRAGMA journal_size_limit=67108864"
            ),
        },
        # A file, since threads that share a database in memory lock each other out; of each test run its own.
        "TEST": {"NAME": str(path.with_name(f"test-{os.getpid()}.sqlite3"))},
    }

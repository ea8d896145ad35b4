"""Reads settings from the environment; a bad value is an error that names what was given and what is allowed."""

import os
import re
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from labeler import secret_values
from labeler.aurora import AUTHORITIES
from labeler.secret_values import Read

SHORTEST_KEY = 32  # characters
CONNECT_SECONDS = 5  # then a page says that the database is waking up, long before the API Gateway gives up


class BadSetting(ValueError):
    """An environment variable with a value that is not allowed."""


def flag(env: Mapping[str, str], name: str, default: bool) -> bool:
    given = env.get(name, "")
    if given.lower() not in ("", "0", "1", "true", "false"):
        raise BadSetting(f"{name}: given {given!r}, allowed: 1, 0, true, false")
    return default if not given else given.lower() in ("1", "true")


def names(env: Mapping[str, str], name: str, default: list[str]) -> list[str]:
    """A list separated by commas."""
    given = [one.strip() for one in env.get(name, "").split(",") if one.strip()]
    return given or default


def host(env: Mapping[str, str], name: str) -> str:
    """The host of an address such as `https://label.example.org`; empty where none is given."""
    given = env.get(name, "")
    parts = urlsplit(given)
    if given and (parts.scheme != "https" or not parts.netloc or parts.path not in ("", "/")):
        raise BadSetting(f"{name}: given {given!r}, allowed: https://HOST")
    return parts.netloc


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
        raise BadSetting("SECRET_KEY_ARN: not set, allowed on AWS: the name of a secret in Secrets Manager")
    for key in found:
        if len(key) < SHORTEST_KEY:
            raise BadSetting(f"SECRET_KEY: given {len(key)} characters, allowed: {SHORTEST_KEY} or more")
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
    parts = urlsplit(url)
    name = unquote(parts.path.lstrip("/"))
    if parts.scheme not in ("postgres", "postgresql") or not name:
        shown = re.sub(r"//[^@/]*@", "//…@", url)  # never print a password
        raise BadSetting(f"DATABASE_URL: given {shown!r}, allowed: postgresql://user:password@host:port/database")
    by_token = on_aws and not parts.password
    options = {key: value for key, value in parse_qsl(parts.query) if key in ("sslmode", "sslrootcert")}
    if by_token:
        options = {"sslmode": "verify-full", "sslrootcert": str(AUTHORITIES), **options}
    return {
        "ENGINE": "labeler.aurora" if by_token else "django.db.backends.postgresql",
        "NAME": name,
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": unquote(parts.hostname or dict(parse_qsl(parts.query)).get("host", "")),
        "PORT": str(parts.port or ""),
        # Aurora that scaled to zero sleeps only when nobody is connected.
        "CONN_MAX_AGE": 0 if flag(env, "DATABASE_MAY_SLEEP", default=False) else 600,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {"connect_timeout": CONNECT_SECONDS, **options},
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

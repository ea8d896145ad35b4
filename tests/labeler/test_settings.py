"""Settings from the environment, and the headers of every answer."""

import stat
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from environs import EnvError

from labeler import configuration
from labeler.configuration import Environment
from pipeline.errors import InvalidInput


def test_a_secret_key_is_made_once_and_for_its_owner_alone(tmp_path: Path) -> None:
    made = configuration.secret_keys({}, tmp_path / "state", local=True)
    assert configuration.secret_keys({}, tmp_path / "state", local=True) == made
    assert len(made) == 1
    assert len(made[0]) >= 32
    (file,) = (tmp_path / "state").iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_on_aws_a_secret_key_must_be_given(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="SECRET_KEY_ARN: given '', allowed: on AWS"):
        configuration.secret_keys({}, tmp_path, local=False)
    with pytest.raises(InvalidInput, match="SECRET_KEY: given '5 characters', allowed: 32 or more"):
        configuration.secret_keys({"SECRET_KEY": "short"}, tmp_path, local=False)
    assert configuration.secret_keys({"SECRET_KEY": "x" * 32}, tmp_path, local=False) == ["x" * 32]


@pytest.mark.parametrize(("given", "meant"), [("", False), ("1", True), ("True", True), ("false", False), ("0", False)])
def test_a_flag_is_read(given: str, meant: bool) -> None:
    assert Environment({"DEBUG": given}).flag("DEBUG") is meant


def test_a_flag_that_is_none_is_refused() -> None:
    with pytest.raises(EnvError, match=r"DEBUG.*given 'maybe', allowed: 1, 0, true, false"):
        Environment({"DEBUG": "maybe"}).flag("DEBUG")


@pytest.mark.parametrize(
    ("given", "meant"),
    [("", ["a"]), (" , ", ["a"]), ("b", ["b"]), (" b.example , c.example,", ["b.example", "c.example"])],
)
def test_a_list_is_separated_by_commas(given: str, meant: list[str]) -> None:
    assert Environment({"ALLOWED_HOSTS": given}).names("ALLOWED_HOSTS", ["a"]) == meant


def test_postgresql_comes_from_its_url(tmp_path: Path) -> None:
    url = "postgresql://me:p%40ss@db.example:6543/mill?sslmode=require"
    found = configuration.database({"DATABASE_URL": url, "DATABASE_MAY_SLEEP": "1"}, tmp_path)
    assert {name: found[name] for name in ("NAME", "USER", "PASSWORD", "HOST", "PORT", "CONN_MAX_AGE")} == {
        "NAME": "mill",
        "USER": "me",
        "PASSWORD": "p@ss",
        "HOST": "db.example",
        "PORT": "6543",
        "CONN_MAX_AGE": 0,
    }
    assert found["OPTIONS"] == {"connect_timeout": 5, "sslmode": "require"}


def test_what_postgresql_is_told_in_the_urls_query_reaches_it(tmp_path: Path) -> None:
    url = "postgresql:///mill?host=/run/postgresql&connect_timeout=9&application_name=bench"
    options = configuration.database({"DATABASE_URL": url}, tmp_path)["OPTIONS"]
    assert options == {"host": "/run/postgresql", "connect_timeout": 9, "application_name": "bench"}


@pytest.mark.parametrize(
    "url", ["mysql://me:secret@db/mill", "postgresql://me:secret@db", "nonsense", "postgresql://me:secret@db:port/mill"]
)
def test_another_database_is_refused_without_its_password(tmp_path: Path, url: str) -> None:
    with pytest.raises(InvalidInput, match="DATABASE_URL") as refused:
        configuration.database({"DATABASE_URL": url}, tmp_path)
    assert "secret" not in str(refused.value)


def test_without_a_url_it_is_sqlite_that_waits_for_its_turn(tmp_path: Path) -> None:
    found = configuration.database({}, tmp_path)
    assert found["NAME"] == str(tmp_path / "db.sqlite3")
    assert found["OPTIONS"]["transaction_mode"] == "IMMEDIATE"


@pytest.mark.parametrize("address", ["/accounts/login/", "/nowhere", "/admin/"])
def test_every_answer_carries_the_strict_headers(db: None, address: str) -> None:
    headers: Any = Client().get(address).headers
    policy = dict(part.split(" ", 1) for part in headers["Content-Security-Policy"].split("; "))
    assert policy["default-src"] == "'none'"
    assert policy["frame-ancestors"] == "'none'"
    if not address.startswith("/admin"):
        assert policy["script-src"] == policy["style-src"] == "'self'"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "same-origin"


def test_wrong_passwords_lock_an_account_out_for_a_while(db: None, django_user_model: Any) -> None:
    django_user_model.objects.create_user("ann", password="right")
    client = Client()
    answers = [client.post("/accounts/login/", {"username": "ann", "password": "wrong"}).status_code for _ in range(10)]
    assert answers[:9] == [200] * 9
    assert answers[-1] == 429
    assert client.post("/accounts/login/", {"username": "ann", "password": "right"}).status_code == 429

"""Secrets are read by their names, from the local Secrets Manager."""

import uuid
from collections.abc import Mapping
from pathlib import Path

import pytest
from environs import EnvError

from labeler import configuration, secret_values
from labeler.configuration import Environment
from pipeline.adapters import aws
from pipeline.errors import InvalidInput
from pipeline.ports import StoreUnavailable

FIRST, SECOND = "f" * 50, "s" * 50


def made(stack: Mapping[str, str], *values: str) -> str:
    """The name of a secret that had these values, one after the other."""
    manager = aws.clients(stack).client("secretsmanager")
    arn = str(manager.create_secret(Name=f"test-{uuid.uuid4().hex}", SecretString=values[0])["ARN"])
    for value in values[1:]:
        manager.put_secret_value(SecretId=arn, SecretString=value)
    return arn


def test_the_value_in_force_comes_first_and_the_one_before_it_second(stack: Mapping[str, str]) -> None:
    assert secret_values.read(made(stack, FIRST), stack) == [FIRST]
    assert secret_values.read(made(stack, "oldest", FIRST, SECOND), stack) == [SECOND, FIRST]


def test_a_name_that_is_none_is_an_error_that_names_it(stack: Mapping[str, str]) -> None:
    with pytest.raises(StoreUnavailable, match="GetSecretValue no-such-secret AWSCURRENT"):
        secret_values.read("no-such-secret", stack)


def test_the_key_before_is_a_fallback(stack: Mapping[str, str], tmp_path: Path) -> None:
    env = {**stack, "SECRET_KEY_ARN": made(stack, FIRST, SECOND)}
    assert configuration.secret_keys(env, tmp_path, local=False) == [SECOND, FIRST]
    assert list(tmp_path.iterdir()) == []


def test_a_key_that_is_too_short_is_refused_without_being_shown(stack: Mapping[str, str], tmp_path: Path) -> None:
    env = {**stack, "SECRET_KEY_ARN": made(stack, "short")}
    with pytest.raises(InvalidInput, match="given '5 characters', allowed: 32 or more"):
        configuration.secret_keys(env, tmp_path, local=False)


def test_the_stacks_own_key_is_one(stack: Mapping[str, str], tmp_path: Path) -> None:
    (key,) = configuration.secret_keys(stack, tmp_path, local=False)
    assert len(key) >= 50


@pytest.mark.parametrize("given", ["label.example.org", "http://label.example.org", "https://label.example.org/x"])
def test_an_address_of_the_site_is_https_and_a_host(given: str) -> None:
    address = "https://label.example.org"
    assert Environment({"SITE_ADDRESS": address}).site_host("SITE_ADDRESS") == "label.example.org"
    assert Environment({}).site_host("SITE_ADDRESS") == ""
    with pytest.raises(EnvError, match=r"SITE_ADDRESS.*given .*, allowed: https://HOST"):
        Environment({"SITE_ADDRESS": given}).site_host("SITE_ADDRESS")

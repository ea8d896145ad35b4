"""Checks of settings: what is wrong is an error that names the setting, what was given and what is allowed."""

import re

ADDRESS = re.compile(r"[^\s@<>]+@[^\s@<>]+")  # of e-mail, without a name before it


class SettingsError(ValueError):
    """A setting is missing or not allowed; says which, what was given and what is allowed."""


def one_of(name: str, given: object, allowed: tuple[object, ...]) -> None:
    if given not in allowed:
        raise SettingsError(f"{name}: given {given!r}, allowed: {', '.join(map(repr, allowed))}")


def between(name: str, given: float, least: float, most: float, unit: str = "") -> None:
    if not least <= given <= most:
        raise SettingsError(f"{name}: given {given:g}, allowed: {least:g} to {most:g}{unit}")


def matches(name: str, given: str, allowed: re.Pattern[str], said: str) -> None:
    if not allowed.fullmatch(given):
        raise SettingsError(f"{name}: given {given!r}, allowed: {said}")

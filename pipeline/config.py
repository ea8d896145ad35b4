"""Configuration: a frozen dataclass of strings an entry point needs, read once from a mapping of environment names.

The names are the stack's outputs in upper case, locally and on AWS: there is no second list of them.
"""

from collections.abc import Mapping
from dataclasses import MISSING, fields
from typing import TypeVar

T = TypeVar("T")


class ConfigError(ValueError):
    """A setting is missing; says which, and for what."""


def load(cls: type[T], env: Mapping[str, str]) -> T:
    """Fills the dataclass `cls`: field `posts_bucket` from `POSTS_BUCKET`; fields with a default may be missing."""
    needed = {one.name: one.name.upper() for one in fields(cls)}  # type: ignore[arg-type]
    optional = {one.name for one in fields(cls) if one.default is not MISSING}  # type: ignore[arg-type]
    missing = [name for field, name in needed.items() if field not in optional and not env.get(name)]
    if missing:
        raise ConfigError(f"{cls.__name__}: not set: {', '.join(missing)} (outputs of the stack, in upper case)")
    return cls(**{field: env[name] for field, name in needed.items() if name in env})

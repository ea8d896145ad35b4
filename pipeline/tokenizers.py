"""Tokenizer models as versioned things: the one that ships with the project, and those in the posts bucket."""

import hashlib
import json
from pathlib import Path

from pipeline.ports import ObjectExists, ObjectStore
from pipeline.schema import TokenizerId
from pipeline.tokens import ModelRefused, Tokenizer

SHIPPED = Path(__file__).parent / "models"


class TokenizerChanged(ValueError):
    """The model under this name and version is not the one that was meant: a version never changes."""


def default_id() -> TokenizerId:
    """The tokenizer that new projects pin."""
    return TokenizerId.from_json(json.loads((SHIPPED / "default.json").read_text()))


def default_model() -> bytes:
    return (SHIPPED / "default.model").read_bytes()


def default() -> Tokenizer:
    shipped = default_id()
    return _checked(Tokenizer(default_model(), shipped.name, shipped.version), shipped)


def fetch(store: ObjectStore, wanted: TokenizerId) -> Tokenizer:
    """The tokenizer out of the posts bucket. Raises `ObjectMissing`, `TokenizerChanged`, `ModelRefused`."""
    return _checked(Tokenizer(store.get(wanted.key).body, wanted.name, wanted.version), wanted)


def fetch_named(store: ObjectStore, name: str, version: str) -> Tokenizer:
    """As `fetch`, whatever its hash is."""
    return Tokenizer(store.get(TokenizerId(name, version, "").key).body, name, version)


def publish(store: ObjectStore, model: bytes, name: str, version: str) -> tuple[TokenizerId, bool]:
    """Puts a model into the posts bucket; False when exactly this one was there already.

    Raises `TokenizerChanged` when another one has this name and version, `ModelRefused` when it is of no use.
    """
    for part, what in ((name, "name"), (version, "version")):
        if not part or not all(one.isalnum() or one in "-._" for one in part):
            raise ModelRefused(f"{what}: given {part!r}, allowed: letters, digits and - . _")
    made = Tokenizer(model, name, version).id
    try:
        store.put_new(made.key, model, "application/octet-stream")
    except ObjectExists:
        stored = hashlib.sha256(store.get(made.key).body).hexdigest()
        if stored != made.sha256:
            raise TokenizerChanged(
                f"{made.key} holds another model (sha256 {stored[:12]}…); give this one (sha256 {made.sha256[:12]}…) "
                "a new version"
            ) from None
        return made, False
    return made, True


def publish_default(store: ObjectStore) -> TokenizerId:
    """The shipped tokenizer, in the posts bucket from now on."""
    shipped = default_id()
    return publish(store, default_model(), shipped.name, shipped.version)[0]


def _checked(found: Tokenizer, wanted: TokenizerId) -> Tokenizer:
    if found.id != wanted:
        raise TokenizerChanged(f"{wanted.key}: sha256 is {found.id.sha256}, wanted {wanted.sha256}")
    return found

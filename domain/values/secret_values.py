"""Secrets in a configuration: shown as a mask, which is refused as a secret."""

from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, Field, SecretStr

MASK = str(SecretStr("secret"))
SIGNING_PREFIX = "whsec_"


def _not_masked(secret: SecretStr) -> SecretStr:
    if secret.get_secret_value() == MASK:
        raise ValueError("is the mask that GET shows; give the secret itself")
    return secret


def _one_word(secret: SecretStr) -> SecretStr:
    token = secret.get_secret_value()
    if any(character.isspace() or not character.isprintable() for character in token):
        raise ValueError("has white space or control characters, which no header carries")
    return secret


def _signs(secret: SecretStr) -> SecretStr:
    prefix, _, encoded = secret.get_secret_value().partition("_")
    try:
        key = b64decode(encoded, validate=True)
    except Base64Error:
        key = b""
    if f"{prefix}_" != SIGNING_PREFIX or not _MIN_KEY_BYTES <= len(key) <= _MAX_KEY_BYTES:
        raise ValueError(_NO_KEY)
    return secret


_MIN_KEY_BYTES, _MAX_KEY_BYTES = 24, 64
"""Bytes; from the Standard Webhooks specification."""

_NO_KEY = f"is not whsec_ and {_MIN_KEY_BYTES} to {_MAX_KEY_BYTES} bytes in base64"

Secret = Annotated[SecretStr, Field(min_length=1), AfterValidator(_not_masked)]
Token = Annotated[Secret, AfterValidator(_one_word)]
"""A secret that a header carries as it is."""

SigningSecret = Annotated[Secret, AfterValidator(_signs)]
"""A key that signs webhooks, in the form of the Standard Webhooks specification."""


def dump_with_secrets(model: BaseModel) -> dict[str, Any]:
    """A model as JSON with every secret readable, wherever it stands; for the database only.

    `model_dump` masks secrets in JSON and keeps the `SecretStr` itself in Python values, at the
    same places.
    """
    revealed: dict[str, Any] = _reveal(model.model_dump(mode="json"), model.model_dump())
    return revealed


def _reveal(masked: Any, value: Any) -> Any:
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    if isinstance(value, Mapping):
        pairs = zip(masked.items(), value.values(), strict=True)
        return {name: _reveal(part, original) for (name, part), original in pairs}
    if isinstance(value, list | tuple | set | frozenset):
        return [_reveal(*pair) for pair in zip(masked, value, strict=True)]
    return masked

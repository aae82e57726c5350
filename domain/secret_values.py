"""Secrets in a configuration: kept masked, and never taken for the mask that is shown of them."""

from base64 import b64decode
from binascii import Error as Base64Error
from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr

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
    if f"{prefix}_" != SIGNING_PREFIX or not _SHORTEST_KEY <= len(key) <= _LONGEST_KEY:
        raise ValueError(_NO_KEY)
    return secret


_SHORTEST_KEY, _LONGEST_KEY = 24, 64
"""Bytes; from the Standard Webhooks specification."""

_NO_KEY = f"is not whsec_ and {_SHORTEST_KEY} to {_LONGEST_KEY} bytes in base64"

Secret = Annotated[SecretStr, Field(min_length=1), AfterValidator(_not_masked)]
Token = Annotated[Secret, AfterValidator(_one_word)]
"""What stands in a header by itself."""

SigningSecret = Annotated[Secret, AfterValidator(_signs)]
"""What signs webhooks, as the Standard Webhooks specification writes it."""

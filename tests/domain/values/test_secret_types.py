from base64 import b64encode

import pytest
from pydantic import BaseModel, SecretStr, TypeAdapter, ValidationError

from domain.values.secret_values import MASK, Secret, SigningSecret, Token, dump_with_secrets

secrets: TypeAdapter[SecretStr] = TypeAdapter(Secret)
tokens: TypeAdapter[SecretStr] = TypeAdapter(Token)
signing_secrets: TypeAdapter[SecretStr] = TypeAdapter(SigningSecret)


def signing(key_bytes: int) -> str:
    return "whsec_" + b64encode(b"k" * key_bytes).decode()


@pytest.mark.parametrize("wrong", ["", MASK])
def test_empty_secret_and_mask_are_refused(wrong: str) -> None:
    for adapter in (secrets, tokens, signing_secrets):
        with pytest.raises(ValidationError):
            adapter.validate_python(wrong)


@pytest.mark.parametrize("wrong", ["two words", "line\n", "tab\tbed", "bell\x07", "\u00a0x"])
def test_token_that_no_header_can_carry_is_refused(wrong: str) -> None:
    assert secrets.validate_python(wrong).get_secret_value() == wrong
    with pytest.raises(ValidationError, match="white space or control characters"):
        tokens.validate_python(wrong)


@pytest.mark.parametrize("key_bytes", [24, 32, 64])
def test_signing_secret_has_24_to_64_bytes(key_bytes: int) -> None:
    secret = signing(key_bytes)
    assert signing_secrets.validate_python(secret).get_secret_value() == secret


@pytest.mark.parametrize(
    "wrong",
    [
        signing(23),
        signing(65),
        signing(24).removeprefix("whsec_"),
        signing(24).replace("whsec_", "whsk_"),
        "whsec_" + "#" * 32,
        signing(24) + "#",
        signing(24)[:-1],
    ],
)
def test_malformed_signing_secret_is_refused(wrong: str) -> None:
    with pytest.raises(ValidationError, match="24 to 64 bytes in base64") as caught:
        signing_secrets.validate_python(wrong)
    assert wrong not in caught.value.errors()[0]["msg"]


class Keys(BaseModel):
    """Secrets in a set, which JSON writes as a list."""

    keys: frozenset[SecretStr]


def test_secrets_in_a_set_are_revealed() -> None:
    dumped = dump_with_secrets(Keys(keys=frozenset({SecretStr("one"), SecretStr("two")})))
    assert sorted(dumped["keys"]) == ["one", "two"]

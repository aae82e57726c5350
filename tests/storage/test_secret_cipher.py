import os
from base64 import b64decode, b64encode

import pytest

from storage.secret_cipher import SecretAlteredError, SecretCipher, SecretKeyMissingError

OLD, NEW = {"old": os.urandom(32)}, {"new": os.urandom(32)}
STORE, FIELD, VALUE = "denim", "config.whatsapp.access_token", "EAAG-token"


def test_value_is_encrypted_with_its_keys_id_and_opens() -> None:
    kept = SecretCipher(OLD).seal(VALUE, STORE, FIELD)
    assert kept.startswith("enc:v1:old:")
    assert VALUE not in kept
    assert SecretCipher(NEW | OLD).open(kept, STORE, FIELD) == VALUE


def test_equal_values_are_encrypted_differently() -> None:
    cipher = SecretCipher(OLD)
    assert cipher.seal(VALUE, STORE, FIELD) != cipher.seal(VALUE, STORE, FIELD)


@pytest.mark.parametrize(("store", "field"), [("linen", FIELD), (STORE, "hash_key")])
def test_value_opens_in_its_store_and_field_alone(store: str, field: str) -> None:
    cipher = SecretCipher(OLD)
    with pytest.raises(SecretAlteredError, match=f"{field} of store {store} does not open"):
        cipher.open(cipher.seal(VALUE, STORE, FIELD), store, field)


def test_value_is_not_opened_by_another_key_or_under_another_id() -> None:
    key = os.urandom(32)
    kept = SecretCipher({"a": key}).seal(VALUE, STORE, FIELD)
    with pytest.raises(SecretAlteredError):
        SecretCipher({"a": os.urandom(32)}).open(kept, STORE, FIELD)
    with pytest.raises(SecretAlteredError):
        SecretCipher({"b": key}).open(kept.replace(":a:", ":b:"), STORE, FIELD)


@pytest.mark.parametrize("changed", ["", "#", "AAAA", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"])
def test_changed_value_does_not_open(changed: str) -> None:
    with pytest.raises(SecretAlteredError):
        SecretCipher(OLD).open(f"enc:v1:old:{changed}", STORE, FIELD)


def test_value_with_a_changed_bit_does_not_open() -> None:
    cipher = SecretCipher(OLD)
    mark, _, encoded = cipher.seal(VALUE, STORE, FIELD).rpartition(":")
    whole = bytearray(b64decode(encoded))
    for position in range(len(whole)):
        whole[position] ^= 1
        with pytest.raises(SecretAlteredError):
            cipher.open(f"{mark}:{b64encode(whole).decode()}", STORE, FIELD)
        whole[position] ^= 1


@pytest.mark.parametrize("keys", [{}, NEW])
def test_missing_key_is_named_with_store_and_field(keys: dict[str, bytes]) -> None:
    kept = SecretCipher(OLD).seal(VALUE, STORE, FIELD)
    with pytest.raises(SecretKeyMissingError) as caught:
        SecretCipher(keys).open(kept, STORE, FIELD)
    assert all(word in str(caught.value) for word in ("old", STORE, FIELD))
    assert kept not in str(caught.value)


@pytest.mark.parametrize(
    "value", [VALUE, "", "enc:v1:old:x", "plain:v1:", "plain:v1:enc:v1:x", "ü"]
)
@pytest.mark.parametrize("keys", [{}, OLD])
def test_any_value_comes_back_plain_or_encrypted(keys: dict[str, bytes], value: str) -> None:
    cipher = SecretCipher(keys)
    assert cipher.open(cipher.seal(value, STORE, FIELD), STORE, FIELD) == value
    assert cipher.open(cipher.mark(value), STORE, FIELD) == value


def test_plain_value_is_taken_over_and_an_encrypted_one_stays() -> None:
    both = SecretCipher(NEW | OLD)
    by_old = SecretCipher(OLD).seal(VALUE, STORE, FIELD)
    assert both.taken_over(by_old, STORE, FIELD) == by_old
    assert both.taken_over(VALUE, STORE, FIELD).startswith("enc:v1:new:")
    assert SecretCipher({}).taken_over(VALUE, STORE, FIELD) == VALUE


def test_rotated_value_is_by_the_first_key() -> None:
    both = SecretCipher(NEW | OLD)
    by_old = SecretCipher(OLD).seal(VALUE, STORE, FIELD)
    for kept in (by_old, VALUE):
        rotated = both.rotated(kept, STORE, FIELD)
        assert SecretCipher(NEW).open(rotated, STORE, FIELD) == VALUE
        assert both.rotated(rotated, STORE, FIELD) == rotated


def test_keys_and_values_are_not_in_the_repr() -> None:
    assert OLD["old"].hex() not in repr(vars(SecretCipher(OLD)))

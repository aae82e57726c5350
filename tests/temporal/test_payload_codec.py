"""Encrypting and decrypting payloads."""

import os

import pytest
from temporalio.api.common.v1 import Payload

from temporal.payload_codec import EncryptionCodec, UndecryptableError

OLD, NEW = os.urandom(32), os.urandom(32)
PLAIN = Payload(metadata={"encoding": b"json/plain"}, data=b'{"phone": "+919876543210"}')


async def test_an_encoded_payload_is_unreadable_and_decodes_to_the_original() -> None:
    codec = EncryptionCodec({"new": NEW}, "comeback")

    [sealed] = await codec.encode([PLAIN])

    assert b"9198765" not in sealed.SerializeToString()
    assert await codec.decode([sealed]) == [PLAIN]


async def test_the_same_payload_is_encrypted_differently_each_time() -> None:
    codec = EncryptionCodec({"new": NEW}, "comeback")

    first, second = await codec.encode([PLAIN, PLAIN])

    assert first.data != second.data


async def test_a_new_key_encrypts_while_the_old_one_still_decrypts() -> None:
    [sealed] = await EncryptionCodec({"old": OLD}, "comeback").encode([PLAIN])
    both = EncryptionCodec({"new": NEW, "old": OLD}, "comeback")

    assert await both.decode([sealed]) == [PLAIN]
    [resealed] = await both.encode([PLAIN])
    assert resealed.metadata["encryption-key-id"] == b"new"


async def test_a_plain_payload_is_refused() -> None:
    with pytest.raises(UndecryptableError, match="not encrypted"):
        await EncryptionCodec({"new": NEW}, "comeback").decode([PLAIN])


async def test_a_payload_of_another_namespace_is_refused() -> None:
    [sealed] = await EncryptionCodec({"new": NEW}, "elsewhere").encode([PLAIN])

    with pytest.raises(UndecryptableError):
        await EncryptionCodec({"new": NEW}, "comeback").decode([sealed])


async def test_a_changed_payload_is_refused() -> None:
    codec = EncryptionCodec({"new": NEW}, "comeback")
    [sealed] = await codec.encode([PLAIN])
    sealed.data = sealed.data[:-1] + bytes([sealed.data[-1] ^ 1])

    with pytest.raises(UndecryptableError):
        await codec.decode([sealed])


async def test_a_payload_of_an_unknown_key_is_refused_with_its_id() -> None:
    [sealed] = await EncryptionCodec({"old": OLD}, "comeback").encode([PLAIN])

    with pytest.raises(UndecryptableError, match="old"):
        await EncryptionCodec({"new": NEW}, "comeback").decode([sealed])

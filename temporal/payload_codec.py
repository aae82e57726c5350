"""Encryption of all payloads that Temporal stores, with keys that can be rotated."""

import os
from collections.abc import Mapping, Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from temporalio.api.common.v1 import Payload
from temporalio.converter import PayloadCodec

ENCODING = b"binary/comeback-aes256gcm-v1"
_NONCE_BYTES = 12


class UndecryptableError(Exception):
    """A payload was not encrypted by this program with one of its keys."""


class EncryptionCodec(PayloadCodec):
    """AES-256-GCM, bound to the namespace and the key's id; plain payloads are refused.

    If plain ones were accepted, anyone with access to Temporal could forge a signal.
    """

    def __init__(self, keys: Mapping[str, bytes], namespace: str) -> None:
        """Take the keys by id, each of 32 bytes; the first one encrypts."""
        self._ciphers = {key_id: AESGCM(key) for key_id, key in keys.items()}
        self._current = next(iter(keys))
        self._namespace = namespace

    async def encode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """Encrypt each payload, its metadata included."""
        return [self.encrypt(payload) for payload in payloads]

    async def decode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """Decrypt each payload with the key that it names.

        Raises:
            UndecryptableError: it is plain, changed, or of an unknown key.
        """
        return [self.decrypt(payload) for payload in payloads]

    def encrypt(self, payload: Payload) -> Payload:
        """Encrypt a payload, its metadata included."""
        nonce = os.urandom(_NONCE_BYTES)
        sealed = self._ciphers[self._current].encrypt(
            nonce, payload.SerializeToString(), self._bound_to(self._current)
        )
        metadata = {"encoding": ENCODING, "encryption-key-id": self._current.encode()}
        return Payload(metadata=metadata, data=nonce + sealed)

    def decrypt(self, payload: Payload) -> Payload:
        """Decrypt a payload with the key that it names.

        Raises:
            UndecryptableError: it is plain, changed, or of an unknown key.
        """
        if payload.metadata.get("encoding") != ENCODING:
            raise UndecryptableError("a payload is not encrypted")
        key_id = payload.metadata["encryption-key-id"].decode(errors="replace")
        if key_id not in self._ciphers:
            raise UndecryptableError(f"no key {key_id}")
        nonce, sealed = payload.data[:_NONCE_BYTES], payload.data[_NONCE_BYTES:]
        try:
            plain = self._ciphers[key_id].decrypt(nonce, sealed, self._bound_to(key_id))
        except (InvalidTag, ValueError) as error:  # ValueError: shorter than a nonce
            raise UndecryptableError("a payload was changed, or is of another namespace") from error
        return Payload.FromString(plain)

    def _bound_to(self, key_id: str) -> bytes:
        return f"comeback/1\x1f{self._namespace}\x1f{key_id}".encode()

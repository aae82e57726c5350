"""Encryption of stores' secrets: AES-256-GCM per value, with keys that can be rotated.

A value is kept as `enc:v1:<key id>:<nonce and sealed value in base64>`. It is bound to the store,
to its place and to the key's id, so that it opens nowhere else. Without keys, values are plain.

SecretCipherError
├── SecretKeyMissingError   encrypted by a key that SECRET_KEYS does not have
└── SecretAlteredError      does not open: changed, moved, or of another key with the same id
"""

import os
from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from collections.abc import Mapping

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_SEALED = "enc:v1:"
_PLAIN = "plain:v1:"
"""Before a plain value that begins with one of these marks itself."""

_NONCE_BYTES = 12


class SecretCipherError(Exception):
    """A secret cannot be read; the message names store, field and key, never the value."""


class SecretKeyMissingError(SecretCipherError):
    """Encrypted by a key that SECRET_KEYS does not have."""


class SecretAlteredError(SecretCipherError):
    """Does not open: changed, moved from another place, or of another key with the same id."""


class SecretCipher:
    """Encrypts and opens the secrets of stores."""

    def __init__(self, keys: Mapping[str, bytes]) -> None:
        """Take the keys by id, each of 32 bytes; the first encrypts, all decrypt."""
        self._ciphers = {key_id: AESGCM(key) for key_id, key in keys.items()}
        self._current = next(iter(keys), None)

    @property
    def encrypts(self) -> bool:
        """Whether there is a key."""
        return self._current is not None

    def seal(self, value: str, store_id: str, field: str) -> str:
        """What is kept of a secret: encrypted by the first key, or plain without one."""
        if self._current is None:
            return self.mark(value)
        nonce = os.urandom(_NONCE_BYTES)
        bound_to = _bound_to(store_id, field, self._current)
        sealed = self._ciphers[self._current].encrypt(nonce, value.encode(), bound_to)
        return f"{_SEALED}{self._current}:{b64encode(nonce + sealed).decode()}"

    def mark(self, text: str) -> str:
        """What is kept of a text that is no secret: itself, never taken for an encrypted value."""
        return _PLAIN + text if self.is_marked(text) else text

    @staticmethod
    def is_marked(kept: str) -> bool:
        """Whether this is not the value itself."""
        return kept.startswith((_SEALED, _PLAIN))

    @staticmethod
    def is_sealed(kept: str) -> bool:
        """Whether this is an encrypted value."""
        return kept.startswith(_SEALED)

    def open(self, kept: str, store_id: str, field: str) -> str:
        """The value of what is kept, encrypted or plain.

        Raises:
            SecretKeyMissingError: its key is not there.
            SecretAlteredError: it was changed, or belongs elsewhere.
        """
        if not self.is_sealed(kept):
            return kept.removeprefix(_PLAIN)
        key_id, _, encoded = kept.removeprefix(_SEALED).partition(":")
        where = f"{field} of store {store_id}"
        if key_id not in self._ciphers:
            raise SecretKeyMissingError(f"SECRET_KEYS has no key {key_id}, which encrypted {where}")
        try:
            whole = b64decode(encoded, validate=True)
            nonce, sealed = whole[:_NONCE_BYTES], whole[_NONCE_BYTES:]
            bound_to = _bound_to(store_id, field, key_id)
            return self._ciphers[key_id].decrypt(nonce, sealed, bound_to).decode()
        except (InvalidTag, Base64Error, ValueError) as error:
            raise SecretAlteredError(
                f"{where} does not open by key {key_id} of SECRET_KEYS: it was changed or moved, "
                "or the key is another one with this id"
            ) from error

    def taken_over(self, kept: str, store_id: str, field: str) -> str:
        """What is to be kept of a secret once there are keys: a plain one is encrypted.

        Raises:
            SecretCipherError: it cannot be opened.
        """
        value = self.open(kept, store_id, field)
        if self._current is None or self.is_sealed(kept):
            return kept
        return self.seal(value, store_id, field)

    def rotated(self, kept: str, store_id: str, field: str) -> str:
        """What is to be kept of a secret once keys have changed: it is encrypted by the first.

        Raises:
            SecretCipherError: it cannot be opened.
        """
        value = self.open(kept, store_id, field)
        if kept.startswith(f"{_SEALED}{self._current}:"):
            return kept
        return self.seal(value, store_id, field)


def _bound_to(store_id: str, field: str, key_id: str) -> bytes:
    return f"comeback/secret/1\x1f{store_id}\x1f{field}\x1f{key_id}".encode()

"""How a store's secrets are kept: in its configuration, and the key of its hashes."""

import secrets
from collections.abc import Callable, Mapping
from typing import Any, Final

from domain.stores.config import StoreConfig
from domain.values.secret_places import Place, SecretPlaces, map_texts
from domain.values.secret_values import dump_with_secrets
from storage.secret_cipher import SecretCipher

Renew = Callable[[str, str, str], str]
"""What is to be kept of a kept secret, its store and its field: a method of `SecretCipher`."""

_HASH_KEY: Final = "hash_key"
_PLACES: Final = SecretPlaces(StoreConfig)


def config_kept(cipher: SecretCipher, store_id: str, config: StoreConfig) -> Any:
    """The JSON of a configuration, as its column has it."""
    plain = dump_with_secrets(config)
    secret = _PLACES.of(plain)

    def kept(place: Place, text: str) -> str:
        return cipher.seal(text, store_id, _field(place)) if place in secret else cipher.mark(text)

    return map_texts(plain, kept)


def config_again(renew: Renew, store_id: str, kept: Any) -> tuple[Any, int]:
    """What the column is to have of a configuration, and how many secrets in it change.

    Raises:
        SecretCipherError: a secret cannot be opened.
    """
    secret = _PLACES.of(kept)
    changed: list[Place] = []

    def again(place: Place, text: str) -> str:
        if place not in secret and not SecretCipher.is_sealed(text):
            return text
        written = renew(text, store_id, _field(place))
        if written != text:
            changed.append(place)
        return written

    return map_texts(kept, again), len(changed)


def config_opened(cipher: SecretCipher, store_id: str, kept: Any) -> Any:
    """The JSON of a configuration, from what the column has.

    Raises:
        SecretCipherError: a secret cannot be opened.
    """

    def opened(place: Place, text: str) -> str:
        if not SecretCipher.is_marked(text):  # nearly every text of every read
            return text
        return cipher.open(text, store_id, _field(place))

    return map_texts(kept, opened)


def hash_key_columns(kept: str) -> dict[str, str | None]:
    """The columns of the key of a store's hashes, plain or encrypted.

    An encrypted one has a column of its own, and what 0.2.0 reads becomes empty: a process of it
    that still runs then fails instead of looking for suppressions by wrong hashes.
    """
    if not SecretCipher.is_sealed(kept):
        return {"hash_key": kept}
    return {"sealed_hash_key": kept, "hash_key": None, "signing_secret": None}


def new_hash_key(cipher: SecretCipher, store_id: str) -> tuple[str, dict[str, str | None]]:
    """A key for the hashes of a new store, and its columns."""
    hash_key = secrets.token_hex(32)
    return hash_key, kept_hash_key(cipher, store_id, hash_key)


def kept_hash_key(cipher: SecretCipher, store_id: str, hash_key: str) -> dict[str, str | None]:
    """The columns of a certain key."""
    return hash_key_columns(cipher.seal(hash_key, store_id, _HASH_KEY))


def hash_key_again(renew: Renew, row: Mapping[Any, Any]) -> dict[str, str | None]:
    """The columns that are to change, from a store's row; empty when none is.

    Raises:
        SecretCipherError: the key cannot be opened.
    """
    kept: str = row["sealed_hash_key"] or row["hash_key"]
    again = renew(kept, row["store_id"], _HASH_KEY)
    return {} if again == kept else hash_key_columns(again)


def hash_key_of(cipher: SecretCipher, row: Mapping[Any, Any]) -> str:
    """The key of a store's hashes, from its row.

    Raises:
        SecretCipherError: it cannot be opened.
    """
    return cipher.open(row["sealed_hash_key"] or row["hash_key"], row["store_id"], _HASH_KEY)


def _field(place: Place) -> str:
    return ".".join(("config", *place))

"""What one store may take from the others: its rate."""

import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Annotated, Final

from fastapi import Depends, Request

from api.admission import too_many
from domain.stores.rate import (
    DEFAULT_RATE,
    Bucket,
    filled,
    full_bucket,
    wait_for_token,
    without_token,
)
from storage.stores import Store

KEY_MEMORY: Final = timedelta(seconds=5)
"""How long a key that was just authenticated may be refused by the head of its request."""


@dataclass
class _StoreState:
    rate: float
    bucket: Bucket
    keys: dict[bytes, float] = field(default_factory=dict)
    """Hashes of keys that were authenticated, and until when that is remembered."""


class StoreLimits:
    """The rates of stores in this process."""

    def __init__(self, processes: int, now: Callable[[], float] = time.monotonic) -> None:
        """Give each store its share of its rate.

        Args:
            processes: how many processes share it.
            now: seconds of a monotonic clock.
        """
        self._processes = processes
        self._now = now
        self._states: dict[str, _StoreState] = {}

    def refuse_known_key(self, store_id: str, key: str) -> None:
        """Refuse a key that was just authenticated, while its store posts too much.

        Raises:
            HTTPException: 429.
        """
        state, now = self._states.get(store_id), self._now()
        if state is not None and state.keys.get(_hash(key), now) > now:
            state.bucket = filled(state.bucket, state.rate, now)
            _require_token(state)

    def take_event(self, store: Store, key: str | None = None) -> None:
        """Take one of the store's events; its sender was just authenticated, by this key if any.

        Raises:
            HTTPException: 429, the store is over its rate.
        """
        rate, now = self._rate_of(store), self._now()
        state = self._states.setdefault(store.store_id, _StoreState(rate, full_bucket(rate, now)))
        state.rate, state.bucket = rate, filled(state.bucket, rate, now)
        state.keys = {hashed: until for hashed, until in state.keys.items() if until > now}
        if key is not None:
            state.keys[_hash(key)] = now + KEY_MEMORY.total_seconds()
        _require_token(state)
        state.bucket = without_token(state.bucket)

    def _rate_of(self, store: Store) -> float:
        return (store.config.rate or DEFAULT_RATE) / self._processes


def _require_token(state: _StoreState) -> None:
    wait = wait_for_token(state.bucket, state.rate)
    if wait:
        raise too_many("the store posts more events than its rate", wait)


def _hash(key: str) -> bytes:
    return hashlib.sha256(key.encode(errors="surrogatepass")).digest()


async def _store_limits(request: Request) -> StoreLimits:
    limits: StoreLimits = request.app.state.store_limits
    return limits


StoreLimitsDep = Annotated[StoreLimits, Depends(_store_limits)]

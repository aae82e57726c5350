"""A store's rate: how many events it may post in a second, as a token bucket."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

DEFAULT_RATE: Final = 100
"""Events a second of a store that names no `rate`: more than a small machine carries, so that it is
met by bursts alone."""

BURST: Final = timedelta(seconds=2)
"""So much of its rate a store may post at once, after it posted nothing for as long."""


@dataclass(frozen=True)
class Bucket:
    """A token bucket as it was at an instant. Each event takes one token."""

    tokens: float
    at: float
    """Seconds of a monotonic clock."""


def full_bucket(rate: float, now: float) -> Bucket:
    """The bucket of a store that posted nothing yet; `rate` is in events a second."""
    return Bucket(_capacity(rate), now)


def filled(bucket: Bucket, rate: float, now: float) -> Bucket:
    """The bucket at a later instant, also after its rate changed."""
    return Bucket(min(_capacity(rate), bucket.tokens + (now - bucket.at) * rate), now)


def wait_for_token(bucket: Bucket, rate: float) -> timedelta:
    """How long until the bucket has a token; zero if it has one."""
    return timedelta(seconds=max(0.0, (1 - bucket.tokens) / rate))


def without_token(bucket: Bucket) -> Bucket:
    """The bucket after an event took its token."""
    return Bucket(bucket.tokens - 1, bucket.at)


def _capacity(rate: float) -> float:
    """At least one token, or a slow store could never post."""
    return max(1.0, rate * BURST.total_seconds())

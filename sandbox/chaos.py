"""What a chaotic Meta does with a message, drawn from a seed: its answer and its updates.

The nth request to a number draws the same for the same seed, regardless of other requests.
"""

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sandbox.chaos_updates import SentMessage, invalid_updates, opt_out, status_update
from sandbox.graph import GraphFailure, GraphFault
from sandbox.webhook_payloads import WebhookUpdate

FAULT_SHARE: Final = 0.3
"""Of all requests: refused, answered with an error, or left without an answer."""

REFUSAL_CODES: Final = (4, 80007, 130429, 131056, 2, 131000, 131026, 131050)
UNCLEAR_FAILURES: Final = (
    GraphFailure.SERVER_ERROR,
    GraphFailure.DONE_BUT_SERVER_ERROR,
    GraphFailure.DONE_BUT_TIMEOUT,
)

LOST_SHARE, REPEATED_SHARE = 0.1, 0.15
"""Of all statuses: never posted; posted three times."""

EARLY_SHARE: Final = 0.15
"""Of all updates but opt-outs: posted before the request is answered."""

INVALID_SHARE, OPT_OUT_SHARE = 0.15, 0.12
"""Of all messages: followed by invalid updates; followed by an opt-out."""

MAX_ANSWER_DELAY: Final = timedelta(seconds=0.3)
MAX_UPDATE_DELAY: Final = timedelta(seconds=4)
MIN_OPT_OUT_DELAY: Final = timedelta(seconds=0.5)
MAX_OPT_OUT_DELAY: Final = timedelta(seconds=12)
"""Some opt-outs come while the next message is being sent."""

STATUS_SEQUENCES: Final[tuple[tuple[str | int, ...], ...]] = (
    *[("sent", "delivered", "read")] * 10,
    *[("sent", "read")] * 2,
    *[("sent", "delivered")] * 2,
    ("sent",),
    (131026,),
    ("sent", 131049),
    (131050,),
    ("sent", 130472),
    ("sent", 131026, "delivered"),
)
"""A message's statuses in their true order; a number is the code of a failure."""


@dataclass(frozen=True)
class ScheduledUpdate:
    """An update, and how long after the request it is posted; None: before the answer."""

    update: WebhookUpdate
    delay: timedelta | None


class ChaosPlan:
    """Draws faults, delays and updates."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._requests: Counter[str] = Counter()

    def fault(self, to: str) -> GraphFault | None:
        """The fault of the next request to a number, if any."""
        self._requests[to] += 1
        chance = self._chance("fault", to)
        if chance.random() >= FAULT_SHARE:
            return None
        code = chance.choice((*REFUSAL_CODES, *[None] * 4))
        if code is not None:
            return GraphFault(fault=GraphFailure.ERROR, code=code)
        return GraphFault(fault=chance.choice(UNCLEAR_FAILURES))

    def answer_delay(self, to: str) -> timedelta:
        """How long that request waits for its answer."""
        return _between(self._chance("delay", to), timedelta(0), MAX_ANSWER_DELAY)

    def updates(self, message: SentMessage, now: datetime) -> list[ScheduledUpdate]:
        """All updates about a message, and its receiver's opt-out."""
        chance = self._chance("updates", message.to)
        statuses = list(_statuses(chance, message, now))
        scheduled = [_scheduled(chance, each) for each in statuses]
        if chance.random() < INVALID_SHARE:
            invalid = invalid_updates(chance, message, now)
            scheduled += [_scheduled(chance, each) for each in invalid]
        if chance.random() < OPT_OUT_SHARE:
            update = opt_out(chance, message, now)
            delay = _between(chance, MIN_OPT_OUT_DELAY, MAX_OPT_OUT_DELAY)
            scheduled.append(ScheduledUpdate(update, delay))
        return scheduled

    def _chance(self, what: str, to: str) -> random.Random:
        drawn = f"{self._seed}/{what}/{to}/{self._requests[to]}"
        return random.Random(drawn)  # noqa: S311  # repeatable, not secret


def _statuses(
    chance: random.Random, message: SentMessage, now: datetime
) -> Iterator[WebhookUpdate]:
    for status in chance.choice(STATUS_SEQUENCES):
        if chance.random() < LOST_SHARE:
            continue
        times = 3 if chance.random() < REPEATED_SHARE else 1
        yield from [status_update(message, status, now)] * times


def _scheduled(chance: random.Random, update: WebhookUpdate) -> ScheduledUpdate:
    early = chance.random() < EARLY_SHARE
    return ScheduledUpdate(
        update, None if early else _between(chance, timedelta(0), MAX_UPDATE_DELAY)
    )


def _between(chance: random.Random, low: timedelta, high: timedelta) -> timedelta:
    return timedelta(seconds=chance.uniform(low.total_seconds(), high.total_seconds()))

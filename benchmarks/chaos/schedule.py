"""What fails when, drawn by seed. The same seed, seconds and kills give the same schedule."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from sandbox.graph import GraphFailure
from sandbox.partner_faults import PartnerFailure

PARTNER_FAILURES: Final = tuple(
    each for each in PartnerFailure if each is not PartnerFailure.NOT_FOUND
)
"""By the contract a 404 with JSON is an answer: the partner knows no such customer."""


class Target(StrEnum):
    """What an action hits."""

    API = "API"
    WORKER = "worker"
    TEMPORAL = "Temporal"
    DATABASE = "database"
    STAND_INS = "stand-ins"
    """Meta and partner together, which then leave every request without an answer."""
    PARTNER = "partner"
    META = "Meta"
    STORE = "store"


class What(StrEnum):
    """What an action does."""

    KILL = "kill"
    """SIGKILL; the process is started again."""
    FREEZE = "freeze"
    """SIGSTOP, and SIGCONT when its time is over; SQLite is locked instead."""
    FAIL = "fail"
    """The next request of any journey meets this failure."""
    PAUSE = "pause"
    """An operator pauses the store, and resumes it when the time is over."""


@dataclass(frozen=True)
class Action:
    """Something that is done to the stack."""

    at: float
    """Seconds after the first customer's first event."""
    target: Target
    what: What
    seconds: float = 0
    failure: str = ""
    code: int | None = None
    """Meta's, for the failure `error`."""


@dataclass(frozen=True)
class Extent:
    """How much, and for how long."""

    seed: int
    seconds: float
    kills: int
    database_is_a_process: bool
    """Whether it can be killed; a SQLite file cannot."""


PROCESSES: Final = (Target.WORKER, Target.API, Target.TEMPORAL)
FREEZABLE: Final = (*PROCESSES, Target.DATABASE, Target.STAND_INS)
MAX_FROZEN: Final = 7.0
"""Seconds: longer than writers wait for SQLite's lock. Freezes do not overlap."""

FREEZE_EVERY, FAIL_EVERY = 8.0, 1.5
PAUSE_FROM, PAUSE_FOR = 0.3, 0.25
"""Of all the time."""

UNREACHABLE, PAIR_LIMIT, UNCLEAR = 131026, 131056, 131000
META_FAILURES: Final[tuple[tuple[GraphFailure, int | None], ...]] = (
    *((each, None) for each in GraphFailure if each is not GraphFailure.ERROR),
    *((GraphFailure.ERROR, code) for code in (UNREACHABLE, PAIR_LIMIT, UNCLEAR)),
)


def draw_schedule(extent: Extent) -> list[Action]:
    """All actions, in the order of their times."""
    chance = random.Random(extent.seed)  # noqa: S311  # repeatable, not secret
    actions = [
        *_kills(chance, extent),
        *_freezes(chance, extent.seconds),
        *_failures(chance, extent.seconds),
        _pause(extent.seconds),
    ]
    return sorted(actions, key=lambda action: action.at)


def _kills(chance: random.Random, extent: Extent) -> Iterator[Action]:
    """About evenly spaced, and each target as often as any other."""
    further = (Target.DATABASE,) if extent.database_is_a_process else ()
    targets = [*PROCESSES, *further]
    spacing = extent.seconds / max(extent.kills, 1)
    for number in range(extent.kills):
        if number % len(targets) == 0:
            chance.shuffle(targets)
        at = spacing * (number + chance.uniform(0.1, 0.9))
        yield Action(at, targets[number % len(targets)], What.KILL)


def _freezes(chance: random.Random, seconds: float) -> Iterator[Action]:
    for number in range(int(seconds / FREEZE_EVERY)):
        target, lasts = chance.choice(FREEZABLE), chance.uniform(0.5, MAX_FROZEN)
        at = FREEZE_EVERY * number + chance.uniform(0, FREEZE_EVERY - lasts)
        yield Action(at, target, What.FREEZE, lasts)


def _failures(chance: random.Random, seconds: float) -> Iterator[Action]:
    for number in range(int(seconds / FAIL_EVERY)):
        at, slow = FAIL_EVERY * (number + chance.random()), chance.uniform(1, 4)
        yield Action(at, Target.PARTNER, What.FAIL, slow, chance.choice(PARTNER_FAILURES))
        failure, code = chance.choice(META_FAILURES)
        yield Action(at, Target.META, What.FAIL, failure=failure, code=code)


def _pause(seconds: float) -> Action:
    return Action(seconds * PAUSE_FROM, Target.STORE, What.PAUSE, seconds * PAUSE_FOR)

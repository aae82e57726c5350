"""The faults and kills of the benchmark of faults, drawn by seed."""

import random
from dataclasses import dataclass
from typing import Final

from benchmarks.phones import phone_digits
from sandbox.graph import GraphFailure, GraphFault
from workflows import policies

FAULT_SHARE: Final = 0.1
"""Of all messages: each meets one fault, the killing of workers apart."""

MAX_ATTEMPTS: Final = policies.DELIVER.maximum_attempts
UNREACHABLE: Final = 131026


@dataclass(frozen=True)
class PlannedFault:
    """What fails for one message, and how many times."""

    failure: GraphFailure | None
    """At Meta; None: the connection is refused."""
    times: int = 1

    @property
    def name(self) -> str:
        """As it is printed."""
        return "connection_refused" if self.failure is None else self.failure.value


RETRIED: Final = (GraphFailure.THROTTLE, None)
"""Failures that prove that nothing was sent, so that the product tries again."""


def plan_faults(chance: random.Random, sends: int) -> dict[int, PlannedFault]:
    """Faults by message. Some happen so often that sending gives up."""
    failures = (*GraphFailure, None)
    faults = {}
    for number in chance.sample(range(sends), int(sends * FAULT_SHARE)):
        failure = chance.choice(failures)
        times = chance.randint(1, MAX_ATTEMPTS) if failure in RETRIED else 1
        faults[number] = PlannedFault(failure, times)
    return faults


def plan_kills(chance: random.Random, sends: int, kills: int) -> list[int]:
    """After how many answers a worker is killed: about evenly spaced, none at either end."""
    spacing = sends / (kills + 1)
    return [int(spacing * (each + chance.uniform(-0.25, 0.25))) for each in range(1, kills + 1)]


def fault_at_meta(number: int, fault: PlannedFault) -> GraphFault | None:
    """The fault of the stand-in for Meta; None when the connection is refused instead."""
    if fault.failure is None:
        return None
    code = UNREACHABLE if fault.failure is GraphFailure.ERROR else None
    return GraphFault(fault=fault.failure, code=code, to=phone_digits(number), times=fault.times)

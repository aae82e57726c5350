"""Rules by version: a new journey decides by the newest, an open one by those it began with.

`docs/changing-a-running-workflow.md` shows how to add a version.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from domain.events.journey_event import JourneyEvent
from domain.journey.buffer import Settled, Wait, settle
from domain.journey.later_events import JourneySubject, Postpone, review, review_found
from domain.journey.outcomes import Ending
from domain.journey.policy import JourneyPolicy

LaterEvents = Callable[[JourneySubject, Sequence[JourneyEvent]], Ending | Postpone | None]
"""Decides what later events do to a waiting journey."""


@dataclass(frozen=True)
class Rules:
    """The decisions that may differ between versions."""

    settle: Callable[
        [Sequence[JourneyEvent], datetime, timedelta, JourneyPolicy], Wait | Ending | Settled
    ]
    """Decides what a buffer comes to."""
    review: LaterEvents
    """Of events that partners pushed: those that a journey received, and those in the inbox."""
    review_found: LaterEvents
    """Of events that the exit check found."""


RULES: Final[Mapping[int, Rules]] = {
    1: Rules(settle=settle, review=review, review_found=review_found),
}
"""Never change a version that a journey may have begun with: add one."""

NEWEST_RULES: Final = max(RULES)
"""What a new journey begins with."""


def rules_of(version: int, known: Mapping[int, Rules] = RULES) -> Rules:
    """The rules of a version.

    Raises:
        LookupError: a newer release began the journey; the workflow task is retried until a
            worker of that release takes it.
    """
    if version not in known:
        raise LookupError(f"no rules of version {version}")
    return known[version]

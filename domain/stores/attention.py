"""What of a store needs a person, in plain words, and how urgently."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

SILENT_AFTER: Final = timedelta(hours=24)
"""A shop that posted before, and nothing for so long, has probably lost its connection."""

LATE_AFTER: Final = timedelta(minutes=5)
"""An accepted event is delivered within seconds, unless Temporal is away."""


class Urgency(StrEnum):
    """How much a store needs a person."""

    ACT = "act"
    """Messages are not sent that should be."""
    LOOK = "look"
    """Something is probably not meant."""
    FINE = "fine"


ORDER: Final = (Urgency.ACT, Urgency.LOOK, Urgency.FINE)
"""The most urgent first."""


@dataclass(frozen=True)
class Need:
    """One thing that is amiss."""

    urgency: Urgency
    words: str


@dataclass(frozen=True)
class StoreState:
    """What is known of a store at a glance."""

    paused_because: str | None = None
    """None: it is not paused."""
    paused_by_operator: bool = False
    held_templates: int = 0
    held_journeys: int = 0
    exit_api_failing_since: datetime | None = None
    backlog: int = 0
    """Accepted events that are not delivered to Temporal yet."""
    waiting_since: datetime | None = None
    """When the oldest of the backlog arrived."""
    unknown: int = 0
    """Messages of which it is not known whether Meta has them."""
    quarantined: int = 0
    last_event_at: datetime | None = None
    """None: no event is kept."""


def needs_of(state: StoreState, now: datetime) -> tuple[Need, ...]:
    """What needs a person, the most urgent first."""
    found = [*_stopped(state, now), *_doubtful(state, now)]
    return tuple(sorted(found, key=lambda need: ORDER.index(need.urgency)))


def urgency_of(needs: tuple[Need, ...]) -> Urgency:
    """The urgency of the first of them; `FINE` without any."""
    return needs[0].urgency if needs else Urgency.FINE


def _stopped(state: StoreState, now: datetime) -> Iterator[Need]:
    """What keeps messages back."""
    if state.paused_because is not None:
        urgency = Urgency.LOOK if state.paused_by_operator else Urgency.ACT
        yield Need(urgency, f"Paused: {state.paused_because}.{_waiting(state.held_journeys)}")
    if state.held_templates:
        held = _counted(state.held_templates, "template is", "templates are")
        yield Need(Urgency.ACT, f"{held} held.{_waiting(state.held_journeys)}")
    if state.exit_api_failing_since is not None:
        yield Need(Urgency.ACT, "The Exit API does not answer: messages are skipped.")
    if state.waiting_since is not None and now - state.waiting_since > LATE_AFTER:
        late = _counted(state.backlog, "event waits", "events wait")
        yield Need(Urgency.ACT, f"{late} to be delivered: is Temporal away?")


def _doubtful(state: StoreState, now: datetime) -> Iterator[Need]:
    """What is probably not meant."""
    if state.quarantined:
        wrong = _counted(state.quarantined, "body", "bodies")
        yield Need(Urgency.LOOK, f"{wrong} could not be read: see Quarantine.")
    if state.unknown:
        unsure = _counted(state.unknown, "message", "messages")
        yield Need(Urgency.LOOK, f"Meta has not confirmed {unsure}.")
    if state.last_event_at is None:
        yield Need(Urgency.LOOK, "No event has come yet.")
    elif now - state.last_event_at > SILENT_AFTER:
        yield Need(Urgency.LOOK, "No event for more than a day.")


def _waiting(journeys: int) -> str:
    return f" {_counted(journeys, 'journey waits', 'journeys wait')}." if journeys else ""


def _counted(count: int, one: str, many: str) -> str:
    return f"{count:,} {one if count == 1 else many}"

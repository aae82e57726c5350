"""What is known of messages that were due at one instant, and the figures of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from benchmarks.measure.results import (
    Case,
    Figure,
    cumulative,
    milliseconds,
    processor_figures,
    ratio,
)

UNITS: Final = "messages"


@dataclass(frozen=True)
class DueMessages:
    """Messages that were due at one instant."""

    count: int
    due: datetime
    waiting: int
    """Journeys that waited for the instant when it came."""
    sent_at: Sequence[datetime]
    closed_at: datetime
    processor_before: dict[str, float]
    """Seconds from the first event until all waited."""
    processor_due: dict[str, float]
    """Seconds from the instant until all were closed."""

    @property
    def lateness(self) -> list[float]:
        """Seconds from the instant until each message reached Meta's stand-in."""
        return sorted((each - self.due).total_seconds() for each in self.sent_at)

    @property
    def per_second(self) -> float:
        """Messages by the time until the last."""
        return len(self.sent_at) / max(self.lateness, default=1.0)

    @property
    def processor(self) -> dict[str, float]:
        """Seconds of each part, without the wait for the instant."""
        return {part: self.processor_before[part] + due for part, due in self.processor_due.items()}


def due_case(name: str, measured: DueMessages, bare: DueMessages) -> Case:
    """The product's figures beside the reference's."""
    figures = [
        Figure(name="sent", value=measured.per_second, unit="messages/s"),
        Figure(name="sent, bare", value=bare.per_second, unit="messages/s"),
        ratio("sent / bare", measured.per_second, bare.per_second),
        *milliseconds("late", measured.lateness),
        *milliseconds("late, bare", bare.lateness),
        Figure(name="sent in all", value=len(measured.sent_at), unit=UNITS),
        Figure(name="waited when due", value=measured.waiting, unit=UNITS),
        Figure(name="sent in all, bare", value=len(bare.sent_at), unit=UNITS),
        *processor_figures(measured.processor, measured.count, "journey"),
        *processor_figures(_due_part(measured), measured.count, "journey"),
        *processor_figures(bare.processor, bare.count, "journey"),
        *processor_figures(_due_part(bare), bare.count, "journey"),
    ]
    curves = [cumulative("messages", measured.lateness), cumulative("bare", bare.lateness)]
    return Case(name=name, figures=figures, curves=curves)


def _due_part(measured: DueMessages) -> dict[str, float]:
    """Of what is left when the instant comes."""
    return {f"{part}, from due on": used for part, used in measured.processor_due.items()}

"""The decision log: everything that a journey decided, each with its evidence."""

from datetime import datetime

from pydantic import BaseModel

from domain.journey.outcomes import Decision, Evidence

MAX_ENTRIES = 200
"""The newest are kept: a journey may be long, and its state is a workflow's input."""


class DecisionLog(BaseModel):
    """Decisions in the order in which they were taken."""

    entries: list[Decision] = []

    def note(
        self, now: datetime, decision: str, because: str, evidence: Evidence | None = None
    ) -> Decision:
        """Add a decision."""
        entry = Decision(at=now, decision=decision, because=because, evidence=evidence or {})
        self.entries = [*self.entries, entry][-MAX_ENTRIES:]
        return entry

"""Facts of a period: numbers by what they are about, which add up to those of a longer period.

A subject is as fine as any grouping of results needs it. Amounts are whole millionths.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import Any, Final, NamedTuple

CLAIMED: Final = "claimed"
"""Messages that were claimed, in any outcome."""

CLOSED: Final = "closed"
"""Journeys that closed, by kind alone."""

OPTED_OUT: Final = "opted_out"
JOURNEYS: Final = "journeys"
"""`journeys:step`: that came first to the claim of a message of this step."""

BILLED: Final = "billed"
"""`billed:IN:marketing`: messages of a country and a category of price."""

CLICKED, WITHIN_WINDOW, ALL = "clicked", "within_window", "all"
"""`clicked:revenue:INR`: of orders, credited in that way, or of all orders."""


class Subject(NamedTuple):
    """What numbers are about; None where they are about all of them, or have none."""

    kind: str | None = None
    step: int | None = None
    variant: str | None = None
    template: str | None = None
    language: str | None = None
    channel: str | None = None


class Facts(defaultdict[Subject, Counter[str]]):
    """Numbers by name, of each subject."""

    def __init__(self) -> None:
        """No facts."""
        super().__init__(Counter)

    def add(self, subject: Subject, name: str, number: int) -> None:
        """Add to a number."""
        if number:
            self[subject][name] += number

    def merge(self, other: "Facts") -> None:
        """Add all numbers of other facts."""
        for subject, numbers in other.items():
            mine = self[subject]
            for name, number in numbers.items():
                mine[name] += number

    def as_json(self) -> list[list[Any]]:
        """Lists of a subject's parts and its numbers."""
        return [[*subject, dict(numbers)] for subject, numbers in self.items()]

    @classmethod
    def of_json(cls, found: Iterable[list[Any]]) -> "Facts":
        """The facts again."""
        facts = cls()
        for *subject, numbers in found:
            facts[Subject(*subject)] = Counter(numbers)
        return facts


def parts(name: str) -> tuple[str, str, str]:
    """The parts of a name; empty where it has fewer."""
    found = [*name.split(":", 2), "", ""]
    return found[0], found[1], found[2]


def total(many: Iterable[Facts]) -> Facts:
    """The facts of several periods together."""
    facts = Facts()
    for each in many:
        facts.merge(each)
    return facts

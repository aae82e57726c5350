"""Choices of one person: to be left alone, and to be messaged again.

A person may have several identities (forms of a number, WhatsApp ids, user ids), and each may have
a choice of its own. The newest choice of all counts for the person; of two at the same instant the
suppression counts.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Choice:
    """What was last asked for by one identity."""

    because: str
    since: datetime
    """When it was last asked to be left alone."""
    lifted_at: datetime | None = None
    """When that was lifted; None: it stands."""


def standing(choices: Iterable[Choice]) -> Choice | None:
    """The newest choice to be left alone that stands for the person; None: none does."""
    known = list(choices)
    lifted_at = max((each.lifted_at for each in known if each.lifted_at is not None), default=None)
    asked = [
        each
        for each in known
        if each.lifted_at is None and (lifted_at is None or each.since >= lifted_at)
    ]
    return max(asked, key=lambda each: each.since, default=None)

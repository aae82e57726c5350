"""Results of Meta's updates: a routed update, and what became of it."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from storage.messages import MessageStatus
from storage.phone_numbers import StoreOfNumber
from storage.secret_cipher import SecretCipherError
from whatsapp.updates import Update, UpdateKind


class UpdateResult(StrEnum):
    """What became of an update."""

    CHANGED = "changed"
    UNCHANGED = "unchanged"
    """Applied before, or outranked by what is known."""
    UNMATCHED = "unmatched"
    """About no message of the store, or no person."""
    UNROUTABLE = "unroutable"
    """No store has that `phone_number_id`: quarantined until one has."""
    IGNORED = "ignored"
    QUARANTINED = "quarantined"
    """Unreadable, or an opt-out of an unknown person."""


WITHOUT_EFFECT = frozenset({UpdateResult.QUARANTINED, UpdateResult.UNROUTABLE})
"""Results that an operator should know of."""


@dataclass(frozen=True)
class RoutedUpdate:
    """An update and the stores whose number it came to."""

    update: Update
    stores: Sequence[StoreOfNumber]
    sealed: SecretCipherError | None = None
    """A store of that number is missing: its secrets cannot be opened. The update is kept."""


@dataclass(frozen=True)
class UpdateCounts:
    """How many updates had which result, and which statuses changed the ledger."""

    results: Counter[tuple[UpdateKind, UpdateResult]] = field(default_factory=Counter)
    changed: Counter[MessageStatus] = field(default_factory=Counter)
    unknown_people: list[RoutedUpdate] = field(default_factory=list)
    """Opt-outs of unknown people."""

    def by_result(self) -> Counter[UpdateResult]:
        """How many updates of all kinds had which result."""
        counts = Counter[UpdateResult]()
        for (_, result), count in self.results.items():
            counts[result] += count
        return counts

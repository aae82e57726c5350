"""Which store needs a person, how urgently, and why in plain words."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from domain.stores.attention import (
    LATE_AFTER,
    SILENT_AFTER,
    Need,
    StoreState,
    Urgency,
    needs_of,
    urgency_of,
)

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
MOMENT = timedelta(seconds=1)


def needs(**state: Any) -> tuple[Need, ...]:
    return needs_of(StoreState(**{"last_event_at": NOW, **state}), NOW)


def test_a_store_of_which_nothing_is_amiss_needs_no_one() -> None:
    assert needs() == ()
    assert urgency_of(()) is Urgency.FINE


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ({"paused_because": "Meta: 131042"}, "Paused: Meta: 131042."),
        (
            {"paused_because": "Meta: 131042", "held_journeys": 1},
            "Paused: Meta: 131042. 1 journey waits.",
        ),
        ({"held_templates": 1}, "1 template is held."),
        (
            {"held_templates": 2, "held_journeys": 1200},
            "2 templates are held. 1,200 journeys wait.",
        ),
        (
            {"exit_api_failing_since": NOW},
            "The Exit API does not answer: messages are skipped.",
        ),
        (
            {"backlog": 1, "waiting_since": NOW - LATE_AFTER - MOMENT},
            "1 event waits to be delivered: is Temporal away?",
        ),
    ],
)
def test_what_keeps_messages_back_is_to_be_acted_on(state: dict[str, Any], words: str) -> None:
    assert needs(**state) == (Need(Urgency.ACT, words),)


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (
            {"paused_because": "paused by the operator", "paused_by_operator": True},
            "Paused: paused by the operator.",
        ),
        ({"quarantined": 1}, "1 body could not be read: see Quarantine."),
        ({"quarantined": 3}, "3 bodies could not be read: see Quarantine."),
        ({"unknown": 2}, "Meta has not confirmed 2 messages."),
        ({"last_event_at": None}, "No event has come yet."),
        ({"last_event_at": NOW - SILENT_AFTER - MOMENT}, "No event for more than a day."),
    ],
)
def test_what_is_probably_not_meant_is_to_be_looked_at(state: dict[str, Any], words: str) -> None:
    assert needs(**state) == (Need(Urgency.LOOK, words),)


def test_what_is_young_is_not_late() -> None:
    assert needs(backlog=5, waiting_since=NOW - LATE_AFTER) == ()
    assert needs(last_event_at=NOW - SILENT_AFTER) == ()


def test_what_is_to_be_acted_on_comes_first() -> None:
    found = needs(paused_because="by hand", paused_by_operator=True, unknown=1, held_templates=1)

    assert [need.urgency for need in found] == [Urgency.ACT, Urgency.LOOK, Urgency.LOOK]
    assert urgency_of(found) is Urgency.ACT

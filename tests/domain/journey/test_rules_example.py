"""The example of `docs/changing-a-running-workflow.md`: two versions of a decision side by side."""

import inspect
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from domain.events.journey_event import JourneyEvent
from domain.events.kinds import EventKind
from domain.journey.buffer import Settled
from domain.journey.later_events import JourneySubject, Postpone, review
from domain.journey.outcomes import Ending, Reason
from domain.journey.pending import process_pending
from domain.journey.rules import RULES, Rules, rules_of
from domain.journey.state import JourneyState
from tests.domain.builders import BUFFER, NOON, at, event, step
from tests.domain.journey.builders import loaded

GUIDE = Path(__file__).parents[3] / "docs" / "changing-a-running-workflow.md"


def review_without_collections(
    subject: JourneySubject, events: Sequence[JourneyEvent]
) -> Ending | Postpone | None:
    """As `review`, but a look at a collection does nothing to a journey."""
    return review(subject, [event for event in events if event.kind != "collection_view"])


RULES_WITH_VERSION_2: Mapping[int, Rules] = {
    **RULES,
    2: replace(RULES[1], review=review_without_collections),
}


def waiting_journey(version: int) -> JourneyState:
    """A journey about a cart, in which the customer then looked at a collection."""
    state = JourneyState(store_id="s", customer_id="c", rules_version=version, buffer=BUFFER)
    cart = event(EventKind.CART_UPDATE, 0)
    state.begin(Settled(cart, NOON), NOON)
    state.follow(loaded(step("1h")), NOON)
    state.receive(event(EventKind.COLLECTION_VIEW, 1800))
    return state


@pytest.fixture(autouse=True)
def version_2_is_deployed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "domain.journey.state.rules_of", lambda version: rules_of(version, RULES_WITH_VERSION_2)
    )


def test_an_open_journey_decides_by_the_rules_it_began_with() -> None:
    decision = process_pending(waiting_journey(version=1), at(3600))

    assert isinstance(decision, Ending)
    assert decision.reason is Reason.CONSECUTIVE_EVENT


def test_a_new_journey_decides_by_the_new_rules() -> None:
    state = waiting_journey(version=2)

    assert process_pending(state, at(3600)) is None
    assert state.decisions[-1].decision == "events_ignored"


def test_the_guide_shows_this_example() -> None:
    source = inspect.getsource(review_without_collections)
    table = "2: replace(RULES[1], review=review_without_collections),"

    assert source in GUIDE.read_text()
    assert table in GUIDE.read_text()

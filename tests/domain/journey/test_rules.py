"""A new journey decides by the newest rules, an open one by those that it began with."""

from collections.abc import Sequence
from dataclasses import replace
from types import MappingProxyType

import pytest

from domain.events.journey_event import JourneyEvent
from domain.events.kinds import EventKind
from domain.journey import closing, state
from domain.journey.activity_results import DeliverResult, ExitCheckResult, SendResult, SendStatus
from domain.journey.buffer import settle
from domain.journey.delivery import apply_delivery
from domain.journey.later_events import JourneySubject, Postpone, review, review_found
from domain.journey.outcomes import Ending, Reason
from domain.journey.pending import process_pending
from domain.journey.rules import NEWEST_RULES, RULES, Rules, rules_of
from domain.journey.state import JourneyState
from tests.domain.builders import NOON, event, step
from tests.domain.journey.builders import SENT, buffering, current_step, waiting

COLLECTION = event(EventKind.COLLECTION_VIEW, 10)
PRODUCT = event(EventKind.PRODUCT_VIEW, 20)


def _without_collections(events: Sequence[JourneyEvent]) -> list[JourneyEvent]:
    return [one for one in events if one.kind != EventKind.COLLECTION_VIEW]


def review_2(subject: JourneySubject, events: Sequence[JourneyEvent]) -> Ending | Postpone | None:
    return review(subject, _without_collections(events))


def review_found_2(
    subject: JourneySubject, events: Sequence[JourneyEvent]
) -> Ending | Postpone | None:
    return review_found(subject, _without_collections(events))


TWO_VERSIONS = MappingProxyType(
    {1: RULES[1], 2: replace(RULES[1], review=review_2, review_found=review_found_2)}
)


@pytest.fixture
def _two_versions(monkeypatch: pytest.MonkeyPatch) -> None:
    """A release with a second version, which ignores views of collections."""

    def known(version: int) -> Rules:
        return rules_of(version, TWO_VERSIONS)

    monkeypatch.setattr(state, "rules_of", known)
    monkeypatch.setattr(closing, "NEWEST_RULES", max(TWO_VERSIONS))


def journey(version: int) -> JourneyState:
    waiting_journey = waiting(step("1h"), step("24h"))
    return waiting_journey.model_copy(update={"rules_version": version})


def test_version_selects_its_rules() -> None:
    assert rules_of(1) is RULES[1]
    assert rules_of(2, TWO_VERSIONS) is TWO_VERSIONS[2]


@pytest.mark.parametrize("version", [0, NEWEST_RULES + 1])
def test_unknown_version_is_an_error(version: int) -> None:
    with pytest.raises(LookupError, match=f"version {version}"):
        rules_of(version)
    with pytest.raises(LookupError, match=f"version {version}"):
        _ = journey(version).rules


@pytest.mark.usefixtures("_two_versions")
def test_journeys_of_two_versions_decide_differently_on_a_pushed_event() -> None:
    first, second = journey(1), journey(2)
    for each in (first, second):
        each.receive(COLLECTION)
    ending = process_pending(first, NOON)
    assert isinstance(ending, Ending)
    assert ending.reason is Reason.CONSECUTIVE_EVENT
    assert process_pending(second, NOON) is None
    assert second.decisions[-1].decision == "events_ignored"


@pytest.mark.usefixtures("_two_versions")
def test_journeys_of_two_versions_decide_differently_on_a_found_event() -> None:
    first, second = journey(1), journey(2)
    check = ExitCheckResult(events=[COLLECTION], seen=1, asked_at=NOON)
    stopped, sent = DeliverResult(check=check), DeliverResult(check=check, send=SENT)
    assert isinstance(apply_delivery(first, current_step(first), stopped, NOON), Ending)
    assert apply_delivery(second, current_step(second), sent, NOON) is None
    assert second.progress.messages_sent == 1


@pytest.mark.usefixtures("_two_versions")
def test_journeys_of_two_versions_decide_differently_on_what_overtakes_a_message() -> None:
    first, second = journey(1), journey(2)
    send = SendResult(status=SendStatus.OVERTAKEN, events=(COLLECTION,))
    result = DeliverResult(send=send)
    assert isinstance(apply_delivery(first, current_step(first), result, NOON), Ending)
    assert apply_delivery(second, current_step(second), result, NOON) is None
    assert second.decisions[-1].decision == "message_deferred"


@pytest.mark.usefixtures("_two_versions")
def test_journeys_of_two_versions_decide_alike_on_other_events() -> None:
    first, second = journey(1), journey(2)
    for each in (first, second):
        each.receive(PRODUCT)
    assert process_pending(first, NOON) == process_pending(second, NOON)


@pytest.mark.usefixtures("_two_versions")
def test_journeys_of_two_versions_decide_differently_on_their_next_events() -> None:
    first, second = journey(1), journey(2)
    for each in (first, second):
        each.receive(COLLECTION)
    assert closing.next_events(first) == [COLLECTION]
    assert closing.next_events(second) == []


@pytest.mark.usefixtures("_two_versions")
def test_journey_keeps_its_version_to_its_end() -> None:
    first = JourneyState.model_validate_json(journey(1).model_dump_json())
    assert first.rules_version == 1
    assert first.rules is TWO_VERSIONS[1]


@pytest.mark.usefixtures("_two_versions")
def test_next_journey_begins_with_the_newest_of_two_versions() -> None:
    following = closing.next_journey(journey(1), [PRODUCT])
    assert following.rules_version == 2
    assert following.rules is TWO_VERSIONS[2]


def test_next_journey_begins_with_the_newest_rules() -> None:
    assert closing.next_journey(buffering(), []).rules_version == NEWEST_RULES
    assert max(RULES) == NEWEST_RULES


def test_state_without_a_version_has_the_first() -> None:
    written = journey(1).model_dump(mode="json", exclude={"rules_version"})
    assert "rules_version" not in written
    read = JourneyState.model_validate(written)
    assert read.rules_version == 1
    assert read.rules is RULES[1]


def test_first_version_is_unchanged() -> None:
    assert RULES[1] == Rules(settle=settle, review=review, review_found=review_found)

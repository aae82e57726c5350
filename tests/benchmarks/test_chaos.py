from dataclasses import replace
from typing import Any

import pytest

from benchmarks.chaos.attack import Disturbance
from benchmarks.chaos.evidence import Evidence, Leak
from benchmarks.chaos.invariants import violations
from benchmarks.chaos.leaks import leaks_in
from benchmarks.chaos.operator import Pause
from benchmarks.chaos.schedule import Action, Target, What
from storage.messages import MessageStatus
from tests.benchmarks.chaos_evidence import (
    AT_NIGHT,
    BUYS,
    COMES_BACK,
    LEAVES,
    PAUSED,
    SEEN,
    STOPS,
    UNKNOWN_CAUSE,
    after,
    answered_act,
    holding,
    request,
    row,
)

HOLDING = holding()
UNREACHABLE: dict[str, Any] = {
    "status": 400,
    "answer": {"error": {"code": 131026}},
    "message_id": None,
}


def broken(evidence: Evidence) -> set[str]:
    return {each.invariant for each in violations(evidence)}


def with_message(sent: Any, claimed: Any) -> dict[str, Any]:
    """A further request, and its row."""
    return {"received": [*HOLDING.received, sent], "ledger": [*HOLDING.ledger, claimed]}


def without_event(event_id: str) -> dict[str, Any]:
    return {"inbox": [each for each in HOLDING.inbox if each.event_id != event_id]}


def changed_event(**changes: Any) -> dict[str, Any]:
    first, *others = HOLDING.inbox
    return {"inbox": [first._replace(**changes), *others]}


def stopped_before_the_cart() -> dict[str, Any]:
    """The STOP was accepted before the cart, which had no journey."""
    others = {
        each: shown for each, shown in HOLDING.explanations.items() if each != STOPS.customer_id
    }
    return {
        "inbox": [
            each._replace(ignored_because="opted out")
            if each.customer_id == STOPS.customer_id
            else each
            for each in HOLDING.inbox
        ],
        "journeys": [each for each in HOLDING.journeys if each.customer_id != STOPS.customer_id],
        "explanations": {**others, STOPS.customer_id: None},
    }


def explained_as(**changes: Any) -> dict[str, Any]:
    shown = {"stage": "closed", "reason": "plan_done", "decisions": [{}], **changes}
    return {"explanations": {**HOLDING.explanations, LEAVES.customer_id: shown}}


def unknown(at: float = 5) -> dict[str, Any]:
    return {"ledger": [row(LEAVES, MessageStatus.UNKNOWN, at), *HOLDING.ledger[1:]]}


def test_a_run_in_which_every_promise_held_is_not_reported() -> None:
    assert violations(HOLDING) == []


@pytest.mark.parametrize(
    ("changes", "invariant"),
    [
        (without_event("customer-0-0"), "1 every accepted event is delivered"),
        (changed_event(dispatched_at=None), "1 every accepted event is delivered"),
        (changed_event(ignored_because="too old"), "1 every accepted event is delivered"),
        ({"answered": [answered_act(LEAVES, 0, status=422)]}, "1 what is valid is accepted"),
        ({"journeys": HOLDING.journeys[1:]}, "1 every last cart has its journey"),
        (with_message(request(LEAVES, at=6), row(LEAVES)), "2 at most one request of a message"),
        ({"ledger": HOLDING.ledger[1:]}, "2 every request is in the ledger"),
        (
            with_message(request(LEAVES, problem="to: pattern", **UNREACHABLE), row(LEAVES)),
            "2 every request is in the ledger",
        ),
        (with_message(request(BUYS, at=6), row(BUYS, at=6)), "3 none after an order, STOP or exit"),
        (
            with_message(request(STOPS, at=7), row(STOPS, at=7)),
            "3 none after an order, STOP or exit",
        ),
        (
            {
                **with_message(request(PAUSED), row(PAUSED)),
                "pauses": {PAUSED.store_id: [Pause(after(4), after(6))]},
            },
            "3 none while paused",
        ),
        (with_message(request(SEEN, 1), row(SEEN)), "3 none to who came back"),
        (
            with_message(request(COMES_BACK, 0, at=8), row(COMES_BACK, at=8)),
            "4 only the latest event counts",
        ),
        (with_message(request(BUYS, 1), row(BUYS)), "4 only the latest event counts"),
        (with_message(request(AT_NIGHT), row(AT_NIGHT)), "5 none in quiet hours"),
        (
            with_message(request(BUYS, path="/number-of-quiet/messages"), row(BUYS)),
            "6 stores are apart",
        ),
        ({"leaks": [Leak("api.log", "+919876500000")]}, "7 nothing personal or secret leaks"),
        ({"open_workflows": ["journey:plain:customer-0"]}, "8 every journey ends, explained"),
        ({"explanations": {}}, "8 every journey ends, explained"),
        (explained_as(stage="waiting"), "8 every journey ends, explained"),
        (explained_as(decisions=[]), "8 every journey ends, explained"),
        (unknown(), "- every unknown has its cause"),
        (
            {"ledger": [row(LEAVES, MessageStatus.CLAIMED), *HOLDING.ledger[1:]]},
            "- every unknown has its cause",
        ),
    ],
)
def test_a_broken_promise_is_reported(changes: dict[str, Any], invariant: str) -> None:
    assert invariant in broken(replace(HOLDING, **changes))


@pytest.mark.parametrize(
    "changes",
    [
        with_message(request(BUYS, at=6), row(BUYS, at=4)),
        with_message(request(LEAVES, at=4, **UNREACHABLE), row(LEAVES)),
        stopped_before_the_cart(),
        {
            **unknown(),
            "received": [request(LEAVES, status=500, answer=UNKNOWN_CAUSE), HOLDING.received[1]],
        },
        {
            **unknown(),
            "disturbances": [
                Disturbance(Action(5, Target.WORKER, What.KILL), after(5.1), after(5.1))
            ],
        },
    ],
    ids=[
        "claimed before the order's answer",
        "again after a refusal",
        "a STOP before the cart",
        "unclear",
        "killed",
    ],
)
def test_what_is_allowed_is_not_reported(changes: dict[str, Any]) -> None:
    in_order = sorted(changes.get("received", HOLDING.received), key=lambda each: each.at)

    assert broken(replace(HOLDING, **{**changes, "received": in_order})) == set()


@pytest.mark.parametrize(
    "content",
    [b"to +919876500012", b"98765 00012", b"Canary Number 3", b"a canary-token-of-plain", b"KEY-1"],
)
def test_personal_data_and_secrets_are_found(content: bytes) -> None:
    assert [leak.place for leak in leaks_in({"log": content, "other": b"3"}, ["key-1"])] == ["log"]

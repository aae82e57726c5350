import random
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from benchmarks.fault_checks import FaultChecks, SendRow
from benchmarks.fault_plan import MAX_ATTEMPTS, plan_faults, plan_kills
from benchmarks.fault_run import FaultOptions, measure
from benchmarks.phones import phone_digits
from sandbox.graph import GraphFailure
from sandbox.ledger import ReceivedRequest

SENDS = 300


def request(number: int, status: int | None = 200, *, sent: bool = True) -> ReceivedRequest:
    """A request in Meta's ledger."""
    return ReceivedRequest(
        at=datetime.now(UTC),
        method="POST",
        path="/1055/messages",
        headers={},
        body={"to": phone_digits(number)},
        status=status,
        answer=None,
        message_id="wamid.1" if sent else None,
    )


UNPUBLISHED = request(0, 400, sent=False).model_copy(update={"problem": "to: pattern"})
HOLDING = FaultChecks(
    sends=4,
    rows=[
        SendRow(0, "accepted"),
        SendRow(1, "unknown"),
        SendRow(2, "unknown"),
        SendRow(3, "not_sent"),
    ],
    received=[request(0), request(1, None), request(3, 429, sent=False)],
    interrupted={2},
    results={0: "accepted", 1: "unknown", 2: "unknown", 3: "not_sent"},
)


def broken(checks: FaultChecks) -> set[str]:
    return {figure.name for figure in checks.figures() if figure.broken}


def test_invariants_that_hold_are_not_reported() -> None:
    assert broken(HOLDING) == set()


@pytest.mark.parametrize(
    ("checks", "name"),
    [
        (replace(HOLDING, received=[request(0), *HOLDING.received]), "messages sent twice"),
        (
            replace(HOLDING, received=[UNPUBLISHED, *HOLDING.received]),
            "requests not as Meta published",
        ),
        (replace(HOLDING, received=HOLDING.received[1:]), "accepted, but not sent"),
        (
            replace(HOLDING, received=[*HOLDING.received, request(3)]),
            "failed or not_sent, but sent",
        ),
        (replace(HOLDING, rows=HOLDING.rows[:3]), "without an outcome"),
        (
            replace(HOLDING, rows=[SendRow(0, "claimed"), *HOLDING.rows[1:]]),
            "without an outcome",
        ),
        (replace(HOLDING, results={0: "accepted"}), "without a result for the journey"),
        (replace(HOLDING, interrupted=set()), "unknown without either"),
        (replace(HOLDING, interrupted=set()), "unknown, at most as many as both"),
        (replace(HOLDING, results={0: "unknown"}), "journey's result differs from the ledger"),
    ],
)
def test_a_broken_invariant_is_reported(checks: FaultChecks, name: str) -> None:
    assert name in broken(checks)


def test_the_same_seed_draws_the_same_faults_of_every_kind() -> None:
    first, again = (plan_faults(random.Random(7), 10_000) for _ in range(2))

    assert first == again
    assert len(first) == 1000
    assert {each.failure for each in first.values()} == {*GraphFailure, None}
    assert {each.times for each in first.values()} == set(range(1, MAX_ATTEMPTS + 1))


def test_workers_are_killed_while_there_is_something_to_send() -> None:
    kills = plan_kills(random.Random(7), SENDS, 20)

    assert kills == sorted(kills)
    assert (len(kills), kills[0] > 0, kills[-1] < SENDS) == (20, True, True)


@pytest.mark.slow
async def test_messages_are_sent_at_most_once_despite_faults_and_kills(database_url: str) -> None:
    report = await measure(database_url, FaultOptions(SENDS, seed=1, kills=1))

    counts = Counter({figure.name: figure.count for figure in report.figures})
    assert not report.broken, (report.figures, report.unexplained)
    assert (counts["sends"], report.kills, report.injected.total()) == (SENDS, 1, SENDS // 10)
    assert counts["outcome accepted"] > SENDS * 0.8
    assert counts["outcome unknown"] >= counts["ambiguous answers of Meta"] > 0

import random
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from benchmarks.faults import Wanted, measure
from benchmarks.faults_drawn import TRIES, draw, draw_kills, phone
from benchmarks.faults_proof import Proof, Row
from sandbox.graph import GraphFailure
from sandbox.ledger import Received

SENDS = 300


def got(number: int, status: int | None = 200, *, done: bool = True) -> Received:
    """A request, as Meta's ledger has it."""
    return Received(
        at=datetime.now(UTC),
        method="POST",
        path="/1055/messages",
        headers={},
        body={"to": phone(number)},
        status=status,
        answer=None,
        message_id="wamid.1" if done else None,
    )


WRONG = got(0, 400, done=False).model_copy(update={"wrong": "to: pattern"})
KEPT = Proof(
    sends=4,
    rows=[Row(0, "accepted"), Row(1, "unknown"), Row(2, "unknown"), Row(3, "not_sent")],
    received=[got(0), got(1, None), got(3, 429, done=False)],
    interrupted={2},
    answers={0: "accepted", 1: "unknown", 2: "unknown", 3: "not_sent"},
)


def broken(proof: Proof) -> set[str]:
    return {line.what for line in proof.lines() if line.broken}


def test_promises_that_were_kept_are_not_called_broken() -> None:
    assert broken(KEPT) == set()


@pytest.mark.parametrize(
    ("proof", "what"),
    [
        (replace(KEPT, received=[got(0), *KEPT.received]), "messages done twice"),
        (replace(KEPT, received=[WRONG, *KEPT.received]), "not as Meta published"),
        (replace(KEPT, received=KEPT.received[1:]), "accepted, but not done"),
        (replace(KEPT, received=[*KEPT.received, got(3)]), "failed or not_sent, but done"),
        (replace(KEPT, rows=KEPT.rows[:3]), "without an outcome"),
        (replace(KEPT, rows=[Row(0, "claimed"), *KEPT.rows[1:]]), "without an outcome"),
        (replace(KEPT, answers={0: "accepted"}), "without an answer to the journey"),
        (replace(KEPT, interrupted=set()), "unknown without either"),
        (replace(KEPT, interrupted=set()), "unknown, at most as many as both"),
        (replace(KEPT, answers={0: "unknown"}), "journey told other than the ledger"),
    ],
)
def test_a_broken_promise_is_named(proof: Proof, what: str) -> None:
    assert what in broken(proof)


def test_the_same_seed_draws_the_same_faults_of_every_kind() -> None:
    first, again = (draw(random.Random(7), 10_000) for _ in range(2))

    assert first == again
    assert len(first) == 1000
    assert {each.failure for each in first.values()} == {*GraphFailure, None}
    assert {each.times for each in first.values()} == set(range(1, TRIES + 1))


def test_workers_are_killed_while_there_is_something_to_send() -> None:
    kills = draw_kills(random.Random(7), SENDS, 20)

    assert kills == sorted(kills)
    assert (len(kills), kills[0] > 0, kills[-1] < SENDS) == (20, True, True)


@pytest.mark.slow
async def test_at_most_once_whatever_fails_and_whoever_is_killed(database_url: str) -> None:
    result = await measure(database_url, Wanted(SENDS, seed=1, kills=1))

    counts = Counter({line.what: line.count for line in result.lines})
    assert not result.broken, (result.lines, result.unexplained)
    assert (counts["sends"], result.kills, result.injected.total()) == (SENDS, 1, SENDS // 10)
    assert counts["outcome accepted"] > SENDS * 0.8
    assert counts["outcome unknown"] >= counts["ambiguous answers of Meta"] > 0

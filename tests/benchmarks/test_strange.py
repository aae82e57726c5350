from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from benchmarks.strange_proof import Proof, Row
from sandbox.ledger import Received
from sandbox.telling import About, Told, Update
from storage.messages import MessageStatus

NOW = datetime(2026, 1, 1, tzinfo=UTC)
LIMITED = {"errors": [{"code": 131049}]}


def got(message: str, status: int | None = 200, code: int | None = None) -> Received:
    """A request, as Meta's ledger has it."""
    return Received(
        at=NOW,
        method="POST",
        path="/1055/messages",
        headers={},
        body={"to": message, "biz_opaque_callback_data": message},
        status=status,
        answer=None if code is None else {"error": {"code": code}},
        message_id="wamid.1" if status in {200, None} else None,
    )


def told(message: str, status: str, **more: Any) -> Told:
    content = {"biz_opaque_callback_data": message, "status": status, **more}
    return Told(update=Update(number="1055", about=About.STATUSES, content=content), at=NOW)


def stop(message: str, ago: timedelta) -> Told:
    update = Update(number="1055", about=About.MESSAGES, content={}, stops=message)
    return Told(update=update, at=NOW - ago)


def row(message: str, status: MessageStatus) -> Row:
    return Row(message, message, status, NOW)


RUBBISH = Told(update=Update(number="1055", about=About.STATUSES, content=7, rubbish=True), at=NOW)
ROWS = [
    row("read", MessageStatus.READ),
    row("lost", MessageStatus.ACCEPTED),
    row("hung", MessageStatus.UNKNOWN),
    row("unclear", MessageStatus.UNKNOWN),
    row("settled", MessageStatus.SENT),
    row("refused", MessageStatus.FAILED),
    row("throttled", MessageStatus.NOT_SENT),
    row("limited", MessageStatus.NOT_SENT),
    row("paced", MessageStatus.NOT_SENT),
]
RECEIVED = [
    *(got(name) for name in ("read", "lost", "limited")),
    *(got(name, None) for name in ("hung", "settled")),
    got("unclear", 500, 131000),
    got("refused", 400, 131026),
    got("throttled", 400, 130429),
]
TOLD = [
    told("read", "read"),
    told("read", "delivered"),
    told("settled", "sent"),
    told("limited", "failed", **LIMITED),
    stop("read", timedelta(0)),
    RUBBISH,
]
KEPT = Proof(rows=ROWS, received=RECEIVED, told=TOLD, unfinished=0, quarantined=1)
WRONG = got("wrong", 400, 100).model_copy(update={"wrong": "to: pattern"})


def broken(proof: Proof) -> set[str]:
    return {line.what for line in proof.lines() if line.broken}


def test_promises_that_were_kept_are_not_called_broken() -> None:
    assert broken(KEPT) == set()


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"received": [*RECEIVED, WRONG]}, "requests not as Meta published"),
        ({"received": [*RECEIVED, got("read")]}, "messages that Meta has twice"),
        ({"received": [*RECEIVED, got("other")]}, "requests without a row"),
        (
            {"told": [*TOLD, stop("lost", timedelta(seconds=1))]},
            "messages claimed after STOP was answered",
        ),
        ({"told": [*TOLD, told("lost", "sent")]}, "messages other than Meta's truth"),
        ({"rows": [row("read", MessageStatus.FAILED)]}, "messages other than Meta's truth"),
        ({"received": [*RECEIVED, got("hung")]}, "unknown without a fault"),
        ({"told": [*TOLD, told("hung", "sent")]}, "unknown though a status came"),
        ({"unfinished": 1}, "journeys that never ended"),
        ({"quarantined": 0}, "rubbish lost or made up"),
    ],
)
def test_a_broken_promise_is_named(changes: dict[str, Any], what: str) -> None:
    assert what in broken(replace(KEPT, **changes))

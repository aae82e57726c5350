from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from benchmarks.chaotic_meta_checks import ChaosChecks, MessageRow
from benchmarks.meta_record import MetaRecord
from sandbox.ledger import ReceivedRequest
from sandbox.webhook_payloads import DeliveredUpdate, UpdateField, WebhookUpdate
from storage.messages import MessageStatus

NOW = datetime(2026, 1, 1, tzinfo=UTC)
MARKETING_LIMIT = {"errors": [{"code": 131049}]}


def request(message: str, status: int | None = 200, code: int | None = None) -> ReceivedRequest:
    """A request in Meta's ledger."""
    return ReceivedRequest(
        at=NOW,
        method="POST",
        path="/1055/messages",
        headers={},
        body={"to": message, "biz_opaque_callback_data": message},
        status=status,
        answer=None if code is None else {"error": {"code": code}},
        message_id="wamid.1" if status in {200, None} else None,
    )


def update(field: UpdateField, content: Any, **more: Any) -> WebhookUpdate:
    return WebhookUpdate(phone_number_id="1055", field=field, content=content, **more)


def delivered(message: str, status: str, **more: Any) -> DeliveredUpdate:
    content = {"biz_opaque_callback_data": message, "status": status, **more}
    return DeliveredUpdate(update=update(UpdateField.STATUSES, content), at=NOW)


def opt_out(message: str, ago: timedelta) -> DeliveredUpdate:
    stop = update(UpdateField.MESSAGES, {}, opted_out=message)
    return DeliveredUpdate(update=stop, at=NOW - ago)


def row(message: str, status: MessageStatus) -> MessageRow:
    return MessageRow(message, message, status, NOW)


INVALID = DeliveredUpdate(update=update(UpdateField.STATUSES, 7, invalid=True), at=NOW)
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
    *(request(name) for name in ("read", "lost", "limited")),
    *(request(name, None) for name in ("hung", "settled")),
    request("unclear", 500, 131000),
    request("refused", 400, 131026),
    request("throttled", 400, 130429),
]
DELIVERED = [
    delivered("read", "read"),
    delivered("read", "delivered"),
    delivered("settled", "sent"),
    delivered("limited", "failed", **MARKETING_LIMIT),
    opt_out("read", timedelta(0)),
    INVALID,
]
META = MetaRecord(RECEIVED, DELIVERED)
HOLDING = ChaosChecks(rows=ROWS, meta=META, unfinished=0, quarantined=1)
UNPUBLISHED = request("unpublished", 400, 100).model_copy(update={"problem": "to: pattern"})


def received_too(request: ReceivedRequest) -> MetaRecord:
    return replace(META, received=[*RECEIVED, request])


def delivered_too(update: DeliveredUpdate) -> MetaRecord:
    return replace(META, delivered=[*DELIVERED, update])


def broken(checks: ChaosChecks) -> set[str]:
    return {figure.name for figure in checks.figures() if figure.broken}


def test_invariants_that_hold_are_not_reported() -> None:
    assert broken(HOLDING) == set()


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"meta": received_too(UNPUBLISHED)}, "requests not as Meta published"),
        ({"meta": received_too(request("read"))}, "messages sent twice"),
        ({"meta": received_too(request("other"))}, "requests without a ledger row"),
        (
            {"meta": delivered_too(opt_out("lost", timedelta(seconds=1)))},
            "messages claimed after an opt-out",
        ),
        ({"meta": delivered_too(delivered("lost", "sent"))}, "messages with a wrong status"),
        ({"rows": [row("read", MessageStatus.FAILED)]}, "messages with a wrong status"),
        ({"meta": received_too(request("hung"))}, "unknown without a fault"),
        ({"meta": delivered_too(delivered("hung", "sent"))}, "unknown though a status came"),
        ({"unfinished": 1}, "journeys that never ended"),
        ({"quarantined": 0}, "invalid updates lost or added"),
    ],
)
def test_a_broken_invariant_is_reported(changes: dict[str, Any], name: str) -> None:
    assert name in broken(replace(HOLDING, **changes))

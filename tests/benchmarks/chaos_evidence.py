"""Evidence of a run in which every promise held, to break one at a time."""

from datetime import UTC, datetime, timedelta
from typing import Any

from benchmarks.chaos.caller import Answered
from benchmarks.chaos.customers import Customer, Doing, Script, StoreId
from benchmarks.chaos.evidence import Evidence, InboxRow, JourneyRow, LedgerRow
from benchmarks.chaos.shoppers import AnsweredAct
from benchmarks.chaos.stores import phone_number_id
from sandbox.ledger import ReceivedRequest
from storage.messages import MessageStatus

BEGAN = datetime(2026, 1, 1, tzinfo=UTC)
LEAVES = Customer(0, StoreId.PLAIN, Script.LEAVES, 0)
BUYS = Customer(4, StoreId.PLAIN, Script.BUYS, 0)
COMES_BACK = Customer(8, StoreId.PLAIN, Script.COMES_BACK, 0)
STOPS = Customer(12, StoreId.PLAIN, Script.STOPS, 0)
SEEN = Customer(16, StoreId.PLAIN, Script.SEEN_BY_PARTNER, 0)
AT_NIGHT = Customer(2, StoreId.QUIET, Script.LEAVES, 0)
PAUSED = Customer(3, StoreId.PAUSED, Script.LEAVES, 0)
CUSTOMERS = (LEAVES, BUYS, COMES_BACK, STOPS, SEEN, AT_NIGHT, PAUSED)
UNKNOWN_CAUSE = {"error": {"code": 131000}}


def after(seconds: float) -> datetime:
    return BEGAN + timedelta(seconds=seconds)


def answered_act(customer: Customer, number: int, status: int = 202) -> AnsweredAct:
    """A customer's nth doing, answered a second after it happened."""
    doing: Doing = customer.doings[number]
    happened = after(doing.after - doing.late)
    return AnsweredAct(
        customer, doing, number, happened, Answered(status, {}, after(doing.after + 1))
    )


def request(customer: Customer, number: int = 0, *, at: float = 5, **changes: Any) -> Any:
    """A request about a customer's nth cart, answered 200."""
    template = {
        "name": f"{customer.store_id}_0_0",
        "components": [
            {"type": "body", "parameters": [{"type": "text", "text": customer.event_id(number)}]}
        ],
    }
    body = {
        "to": customer.digits,
        "template": template,
        "biz_opaque_callback_data": f"message-{customer.number}",
    }
    content = {
        "at": after(at),
        "method": "POST",
        "path": f"/v26.0/{phone_number_id(customer.store_id)}/messages",
        "headers": {},
        "body": body,
        "status": 200,
        "answer": {},
        "message_id": "wamid.1",
    }
    return ReceivedRequest.model_validate({**content, **changes})


def row(customer: Customer, status: MessageStatus = MessageStatus.ACCEPTED, at: float = 5) -> Any:
    """The ledger's row of that request."""
    message_id = f"message-{customer.number}"
    return LedgerRow(message_id, customer.store_id, customer.customer_id, status, after(at - 0.1))


def holding() -> Evidence:
    """Two customers were messaged, one bought in the meantime, and all was delivered."""
    answered = [
        answered_act(each, number)
        for each in CUSTOMERS
        for number, doing in enumerate(each.doings)
        if doing.act != "seen"
    ]
    events = [each for each in answered if each.doing.act not in {"STOP", "exit"}]
    return Evidence(
        customers=CUSTOMERS,
        answered=answered,
        pauses={},
        disturbances=[],
        received=[request(LEAVES), request(COMES_BACK, 1, at=9)],
        ledger=[row(LEAVES), row(COMES_BACK, at=9)],
        inbox=[
            InboxRow(
                each.customer.store_id, each.customer.customer_id, each.event_id, BEGAN, None, "run"
            )
            for each in events
        ],
        journeys=[
            JourneyRow(each.store_id, each.customer_id, each.carts[-1], "messaged", "plan_done")
            for each in CUSTOMERS
        ],
        open_workflows=[],
        explanations={
            each.customer_id: {"stage": "closed", "reason": "plan_done", "decisions": [{}]}
            for each in CUSTOMERS
        },
        leaks=[],
    )

"""Requests that post the guide's event, filled in at the cost of a string's formatting."""

import json
from datetime import UTC, datetime

from benchmarks.load.plan import LoadPlan
from benchmarks.raw_http import request_head
from sandbox.samples import fresh

EVENT_ID, CUSTOMER_ID, NUMBER = "e-%(customer)08d-%(event)03d", "c-%(customer)08d", "%(customer)08d"
"""Each of one length, so that all bodies have the same."""

AT = datetime(2000, 1, 1, tzinfo=UTC)
"""Stands where the timestamp is filled in."""


def customer_id(customer: int) -> str:
    """The nth customer's id."""
    return CUSTOMER_ID % {"customer": customer}


class Requests:
    """Makes the requests of a plan."""

    def __init__(self, plan: LoadPlan) -> None:
        """Prepare everything that requests have in common."""
        self._at = None if plan.at is None else _written(plan.at)
        body = _body_template()
        length = len(body % _values(0, 0, _written(AT)))
        authorization = f"Authorization: Bearer {plan.key}"
        head = request_head(plan.path, length, authorization, "Content-Type: application/json")
        self._template = head.decode().replace("%", "%%") + body

    def request(self, customer: int, event: int) -> bytes:
        """Post a customer's nth event."""
        at = self._at or _written(datetime.now(UTC))
        return (self._template % _values(customer, event, at)).encode()


def _body_template() -> str:
    names = {"email": "@email@", "phone": "@phone@"}
    body = fresh(
        "cart_update.add_to_cart", event_id="@event@", customer_id="@customer@", at=AT, **names
    )
    template = json.dumps(body).replace("%", "%%").replace(AT.isoformat(), "%(at)s")
    filled = {
        "@event@": EVENT_ID,
        "@customer@": CUSTOMER_ID,
        "@email@": f"{NUMBER}@example.com",
        "@phone@": f"+9198{NUMBER}",
    }
    for mark, field in filled.items():
        template = template.replace(mark, field)
    return template


def _values(customer: int, event: int, at: str) -> dict[str, int | str]:
    return {"customer": customer, "event": event, "at": at}


def _written(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds")

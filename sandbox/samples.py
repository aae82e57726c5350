"""The guide's payloads as printed there, and as a partner would post them today."""

import json
from datetime import datetime
from importlib.resources import files
from typing import Any


def sample(name: str) -> dict[str, Any]:
    """A payload of the guide, such as `product_view` or `cart_update.add_to_cart`."""
    text = files("sandbox").joinpath("data", f"{name}.json").read_text(encoding="utf-8")
    payload: dict[str, Any] = json.loads(text)
    return payload


def fresh(
    name: str, /, *, event_id: str, customer_id: str, at: datetime, **changes: Any
) -> dict[str, Any]:
    """A sample as a partner would post it, with the one sub-event that its name says.

    Args:
        name: of the sample.
        event_id: of this event.
        customer_id: of the customer.
        at: the event's timestamp, with an offset.
        changes: other fields: `phone`, `email` and `name` are the customer's, others the event's.
            An object is merged into the sample's, None takes a field out.
    """
    event = sample(name)
    event.update(event_id=event_id, timestamp=at.isoformat())
    if "sub_event_name" in event:
        event["sub_event_name"] = name.partition(".")[2]
    event["customer"]["customer_id"] = customer_id
    for field, value in changes.items():
        _change(event["customer"] if field in event["customer"] else event, field, value)
    return event


def _change(target: dict[str, Any], field: str, value: Any) -> None:
    if value is None:
        target.pop(field, None)
    elif isinstance(value, dict):
        target[field] = {**target.get(field, {}), **value}
    else:
        target[field] = value

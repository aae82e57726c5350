"""The stores' configurations. A message's template and first field say what it is."""

from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from benchmarks.chaos.customers import CANARY, StoreId
from sandbox.ledger import ReceivedRequest
from sandbox.samples import sample

ORGANIZATION: Final = str(sample("cart_update.add_to_cart")["organization_id"])
BUFFER: Final = "2s"
STEPS: Final = (("4s", "150s"), ("12s", "150s"))
"""`after` and `expires_after`."""

NIGHT: Final = timedelta(hours=5)
TIMEZONE_OFFSET: Final = timedelta(hours=5, minutes=30)
"""Of the customers' numbers, Asia/Kolkata."""

ABSENT: Final = "{{ event_data.absent }}"


class MessageId(NamedTuple):
    """What a message is, read from the request alone."""

    phone_number_id: str
    to: str
    event_id: str
    template: str
    """It names store, step and fallback."""


def phone_number_id(store_id: str) -> str:
    """The number that the store sends from."""
    return f"number-of-{store_id}"


def access_token(store_id: str) -> str:
    """The store's secret at Meta."""
    return f"{CANARY}-token-of-{store_id}"


def config_of(store_id: StoreId, sandbox_url: str, now: datetime) -> dict[str, Any]:
    """What is put for a store."""
    config = {
        "organization_id": ORGANIZATION,
        "name": store_id,
        "timezone": "Asia/Kolkata",
        "buffer": BUFFER,
        "exit_api": {
            "url": f"{sandbox_url}/partner/fetch-user-events",
            "headers": {"X-Partner-Key": f"{CANARY}-header"},
            "timeout": "3s",
        },
        "whatsapp": {
            "phone_number_id": phone_number_id(store_id),
            "access_token": access_token(store_id),
        },
        "plans": {"cart_update": [_step(store_id, each) for each in range(len(STEPS))]},
    }
    return config | ({"quiet_hours": _tonight(now)} if store_id is StoreId.QUIET else {})


def _step(store_id: StoreId, number: int) -> dict[str, Any]:
    after, expires_after = STEPS[number]
    step = {"after": after, "expires_after": expires_after, **_template(store_id, number, 0)}
    if store_id is not StoreId.FALLBACK:
        return step
    step["body"] = [ABSENT]
    fallback = {"on": ["missing_merge_field"], **_template(store_id, number, 1)}
    return {**step, "fallbacks": [fallback]}


def _template(store_id: StoreId, step: int, fallback: int) -> dict[str, Any]:
    name = f"{store_id}_{step}_{fallback}"
    body = ["{{ event.event_id }}", "{{ customer.name }}"]
    return {"template": name, "language": "en", "body": body}


def _tonight(now: datetime) -> dict[str, str]:
    """Quiet hours that began some hours ago and last for some hours more."""
    local = now + TIMEZONE_OFFSET
    return {"start": f"{local - NIGHT:%H:%M}", "end": f"{local + NIGHT:%H:%M}"}


def message_id_of(request: ReceivedRequest) -> MessageId:
    """Which message a request is about."""
    template = request.body["template"]
    [body] = [each for each in template["components"] if each["type"] == "body"]
    return MessageId(
        phone_number_id=request.path.split("/")[-2],
        to=request.body["to"],
        event_id=body["parameters"][0]["text"],
        template=template["name"],
    )

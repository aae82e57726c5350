"""The stores of the strange run, each with another kind of message, and who shops there."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import httpx

from activities.clock import utc_now
from sandbox.samples import fresh, sample

AT_ONCE: Final = 20
ADMIN_TOKEN: Final = "benchmark"  # noqa: S105  # of a process that lives for some minutes

_NAME = "{{ customer.name }}"
_LINK = "{{ event_data.cart_link | url_path }}"
_PICTURE = "{{ event_data.recent_product_image }}"
MESSAGES: Final[dict[str, dict[str, Any]]] = {
    "named": {"body": {"name": _NAME, "price": "{{ event_data.price.amount }}"}},
    "buttons": {
        "header_image": _PICTURE,
        "body": [_NAME],
        "button_url": _LINK,
        "coupon_code": "SAVE10",
    },
    "cards": {
        "body": [_NAME],
        "carousel": {
            "header_image": "{{ item.image_url }}",
            "body": ["{{ item.title }}"],
            "button_url": "{{ item.product_url | url_path }}",
        },
    },
    "marketing": {"body": [_NAME]},
}
"""By store: what its messages have."""

STORES: Final = tuple(MESSAGES)


def phone(number: int) -> str:
    """Whom a customer's messages go to, as Meta is told."""
    return f"9198765{number:05}"


@dataclass(frozen=True)
class Shops:
    """Stores that are registered, and their keys."""

    api: httpx.AsyncClient
    keys: dict[str, str]

    async def everybody_leaves(self, customers: Sequence[int]) -> None:
        """Each customer puts something into a cart and goes; some at a time."""
        for first in range(0, len(customers), AT_ONCE):
            await asyncio.gather(*map(self._leave, customers[first : first + AT_ONCE]))

    async def _leave(self, number: int) -> None:
        store = STORES[number % len(STORES)]
        event = fresh(
            "cart_update.add_to_cart",
            event_id=f"event-{number}",
            customer_id=str(number),
            at=utc_now(),
            phone=f"+{phone(number)}",
        )
        headers = {"Authorization": f"Bearer {self.keys[store]}"}
        path = f"/v1/stores/{store}/events"
        (await self.api.post(path, json=event, headers=headers)).raise_for_status()


async def open_shops(api: httpx.AsyncClient, sandbox_url: str) -> Shops:
    """Register every store."""
    keys = {}
    for store in STORES:
        answer = await api.put(
            f"/v1/stores/{store}",
            json=_config(store, sandbox_url),
            headers={"Authorization": f"Bearer {ADMIN_TOKEN}"},
        )
        keys[store] = answer.raise_for_status().json()["api_key"]
    return Shops(api, keys)


def _config(store: str, sandbox_url: str) -> dict[str, Any]:
    """Two messages, far enough apart for statuses and STOP to come in between."""
    endpoint = "marketing_messages" if store == "marketing" else "messages"
    steps = [
        {"after": after, "template": f"{store}_{after}", "language": "en_US", **MESSAGES[store]}
        for after in ("1s", "9s")
    ]
    return {
        "organization_id": sample("cart_update.add_to_cart")["organization_id"],
        "name": store,
        "timezone": "Asia/Kolkata",
        "buffer": "1s",
        "exit_api": {"url": f"{sandbox_url}/partner/fetch-user-events"},
        "whatsapp": {
            "phone_number_id": f"number-of-{store}",
            "access_token": "token",
            "endpoint": endpoint,
        },
        "plans": {"cart_update": steps},
    }

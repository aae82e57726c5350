"""The stores of the chaos benchmark, each with another kind of message, and their customers."""

from dataclasses import dataclass
from typing import Any, Final

import httpx

from benchmarks.batches import in_batches
from benchmarks.phones import phone_digits
from benchmarks.processes import BENCHMARK_SECRET
from clock import utc_now
from sandbox.samples import fresh, sample

_NAME = "{{ customer.name }}"
_LINK = "{{ event_data.cart_link | url_path }}"
_IMAGE = "{{ event_data.recent_product_image }}"
CONTENTS: Final[dict[str, dict[str, Any]]] = {
    "named": {"body": {"name": _NAME, "price": "{{ event_data.price.amount }}"}},
    "buttons": {
        "header_image": _IMAGE,
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
"""The content of messages by store."""

STORE_IDS: Final = tuple(CONTENTS)


@dataclass(frozen=True)
class Stores:
    """Stores with their keys."""

    api: httpx.AsyncClient
    keys: dict[str, str]

    async def post_carts(self, customers: range) -> None:
        """Each customer puts something into a cart and leaves."""
        await in_batches(self._post_cart, customers)

    async def _post_cart(self, customer: int) -> None:
        store_id = STORE_IDS[customer % len(STORE_IDS)]
        event = fresh(
            "cart_update.add_to_cart",
            event_id=f"event-{customer}",
            customer_id=str(customer),
            at=utc_now(),
            phone=f"+{phone_digits(customer)}",
        )
        headers = {"Authorization": f"Bearer {self.keys[store_id]}"}
        path = f"/v1/stores/{store_id}/events"
        (await self.api.post(path, json=event, headers=headers)).raise_for_status()


async def create_stores(api: httpx.AsyncClient, sandbox_url: str) -> Stores:
    """Put every store.

    Raises:
        httpx.HTTPStatusError: one was refused.
    """
    keys = {}
    for store_id in STORE_IDS:
        answer = await api.put(
            f"/v1/stores/{store_id}",
            json=_config(store_id, sandbox_url),
            headers={"Authorization": f"Bearer {BENCHMARK_SECRET}"},
        )
        keys[store_id] = answer.raise_for_status().json()["api_key"]
    return Stores(api, keys)


def _config(store_id: str, sandbox_url: str) -> dict[str, Any]:
    """Two messages, far enough apart for statuses and opt-outs to come in between."""
    content = {"language": "en_US", **CONTENTS[store_id]}
    steps = [
        {"after": after, "template": f"{store_id}_{after}", **content} for after in ("1s", "9s")
    ]
    return {
        "organization_id": sample("cart_update.add_to_cart")["organization_id"],
        "name": store_id,
        "timezone": "Asia/Kolkata",
        "buffer": "1s",
        "exit_api": {"url": f"{sandbox_url}/partner/fetch-user-events"},
        "whatsapp": {
            "phone_number_id": f"number-of-{store_id}",
            "access_token": "token",
            "endpoint": "marketing_messages" if store_id == "marketing" else "messages",
        },
        "plans": {"cart_update": steps},
    }

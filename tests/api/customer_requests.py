"""An operator's requests about a customer: export and erase."""

from typing import Any
from urllib.parse import quote

from tests.api.caller import Shop


def path_of(shop: Shop) -> str:
    return f"/customers/{quote(shop.customer_id, safe='')}"


async def exported(shop: Shop) -> dict[str, Any]:
    answer = await shop.operator("GET", path_of(shop))
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def erased(shop: Shop) -> dict[str, Any]:
    answer = await shop.operator("DELETE", path_of(shop))
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def erasure(shop: Shop, **counts: int) -> dict[str, Any]:
    """What erasing the customer answers."""
    nothing = {"events": 0, "messages": 0, "quarantined": 0}
    return {"customer_id": shop.customer_id, **nothing, **counts}

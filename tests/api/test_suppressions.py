"""Numbers that a store must not message."""

import pytest

from tests.api.caller import Shop


@pytest.mark.parametrize(
    "number", ["9876543210", "+91", "email@gmail.co", "+91 98765 43210", "%00"]
)
async def test_only_e164_numbers_can_be_suppressed(shop: Shop, number: str) -> None:
    answer = await shop.operator("PUT", f"/suppressions/{number}")
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"] == ["path", "address"]

from typing import Any

import pytest

from domain.events.partner_schema import posted_customer_id


@pytest.mark.parametrize(
    ("body", "customer_id"),
    [
        ({"customer": {"customer_id": "c1"}}, "c1"),
        ({"customer": {"customer_id": 6940095447143}}, "6940095447143"),
        ({"customer": {"customer_id": ""}}, None),
        ({"customer": {"customer_id": None}}, None),
        ({"customer": {}}, None),
        ({"customer": None}, None),
        ({}, None),
    ],
)
def test_the_id_is_read_as_it_was_when_the_event_came(
    body: dict[str, Any], customer_id: str | None
) -> None:
    assert posted_customer_id(body) == customer_id

"""Numbers of events: kept with every digit on both databases, in messages and in exports."""

import json

import pytest

from domain.messages.rendering import merge_fields, render
from domain.messages.templates import TemplateMessage
from storage import inbox
from tests.api.caller import Shop
from tests.api.customer_requests import erased, erasure, path_of
from tests.databases import both_databases

NUMBERS = '{"total": 600.00, "big": 45471627190248123456789, "long": 0.10000000000000000000010}'


def with_numbers(shop: Shop, numbers: str = NUMBERS) -> bytes:
    whole = json.dumps({**shop.event(), "totals": "numbers"})
    return whole.replace('"numbers"', numbers).encode()


@both_databases
async def test_numbers_read_in_a_message_as_they_were_posted(shop: Shop) -> None:
    raw = with_numbers(shop)
    assert (await shop.post_raw(raw)).status_code == 202
    event_id = json.loads(raw)["event_id"]
    async with shop.database.reading() as connection:
        body = await inbox.body(connection, shop.store_id, event_id) or {}
    names = ("total", "big", "long")
    fields = [f"{{{{ event.totals.{name} }}}}" for name in names]
    wanted = TemplateMessage(template="t", language="en", body=fields)
    assert render(wanted, merge_fields(body, "Denim Co")).body == [
        "600.00",
        "45471627190248123456789",
        "0.10000000000000000000010",
    ]


@both_databases
async def test_numbers_are_exported_as_they_were_posted_and_erased(shop: Shop) -> None:
    await shop.post_raw(with_numbers(shop))
    answer = await shop.operator("GET", path_of(shop))
    assert answer.headers["content-type"] == "application/json"
    for number in (
        '"total": 600.00',
        '"big": 45471627190248123456789',
        "0.10000000000000000000010",
    ):
        assert number in answer.text
    assert await erased(shop) == erasure(shop, events=1)


@both_databases
@pytest.mark.parametrize("number", ["1e-5000", "0." + "1" * 5000, "1e-99999999999999999999"])
async def test_number_too_long_to_be_stored_is_invalid_and_quarantined(
    shop: Shop, number: str
) -> None:
    raw = with_numbers(shop, number)
    answer = await shop.post_raw(raw)
    assert answer.status_code == 422
    (problem,) = answer.json()["detail"]
    assert (problem["type"], problem["loc"]) == ("number_too_long", ["body"])
    assert (await shop.quarantined())[0]["body"] == raw.decode()


@both_databases
async def test_retried_event_keeps_its_numbers(shop: Shop) -> None:
    raw = with_numbers(shop)
    event_id, organization = (json.loads(raw)[name] for name in ("event_id", "organization_id"))
    await shop.post_raw(raw.replace(organization.encode(), b"another"))
    (row,) = await shop.quarantined()
    config = {**shop.config, "organization_id": "another"}
    assert (await shop.operator("PUT", json=config)).status_code == 200
    retried = await shop.caller.operator("POST", f"/v1/quarantine/{row['id']}/retry")
    assert retried.status_code == 200, retried.text
    async with shop.database.reading() as connection:
        body = await inbox.body(connection, shop.store_id, event_id) or {}
    assert str(body["totals"]["total"]) == "600.00"

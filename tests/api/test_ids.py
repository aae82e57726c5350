"""Ids of any form: what is accepted is reached, and what is refused is named."""

from urllib.parse import quote

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError
from starlette.routing import Match

from api import customers, journeys
from domain.events.partner_schema import AddressableId
from tests.api.caller import Caller, Shop
from tests.databases import both_databases

REACHED = [
    "\u2028",
    "\u00a0x",
    "a/..",
    "../a",
    "a/./b",
    "...",
    "%2e%2e",
    "%00",
    "a%0Ab",
    "?a=b&c#d",
    "//",
    "a//b/",
    "\U0001f456" * 150,
    "x" * 200,
]
REFUSED = ["\U0001f456" * 151, "x" * 201, "a\tb", "a\rb", "\x85", "\x7f", "\x00"]
_ids = TypeAdapter[str](AddressableId)


@given(st.text(min_size=1, max_size=200) | st.text("./%?#\\ \u2028\x85ab", min_size=1, max_size=6))
def test_every_accepted_id_is_reached_by_its_percent_encoded_form(customer_id: str) -> None:
    try:
        _ids.validate_python(customer_id)
    except ValidationError:
        return
    for routes, name in ((journeys, "get_journey"), (customers, "export_customer")):
        (route,) = (each for each in routes.router.routes if getattr(each, "name", "") == name)
        path = route.path.replace("{store_id}", "denim")
        whole = path.replace("{customer_id:path}", quote(customer_id, safe=""))
        url = httpx.URL(f"http://api.test{whole}")
        scope = {"type": "http", "method": "GET", "path": url.path}
        match, child = route.matches(scope)
        assert match is Match.FULL
        assert child["path_params"]["customer_id"] == customer_id


@both_databases
@pytest.mark.parametrize("customer_id", REACHED)
async def test_accepted_customer_is_explained_ended_exported_and_erased(
    caller: Caller, customer_id: str
) -> None:
    shop = await caller.new_store()
    posted = await shop.post(shop.event(customer_id=customer_id))
    assert posted.json()["journey_id"] == f"journey:{shop.store_id}:{customer_id}"
    escaped = quote(customer_id, safe="")
    explained = await shop.get(f"journeys/{escaped}")
    assert explained.json()["journey_id"] == f"journey:{shop.store_id}:{customer_id}"
    assert (await shop.operator("POST", f"/journeys/{escaped}/exit")).status_code == 202
    exported = await shop.operator("GET", f"/customers/{escaped}")
    assert len(exported.json()["events"]) == 2
    assert (await shop.operator("DELETE", f"/customers/{escaped}")).status_code == 200


@pytest.mark.parametrize("wrong", REFUSED)
async def test_refused_id_is_named_wherever_it_stands(shop: Shop, wrong: str) -> None:
    for answer in (
        await shop.post(shop.event(customer_id=wrong)),
        await shop.post(shop.event(event_id=wrong)),
    ):
        assert answer.status_code == 422
    escaped = quote(wrong, safe="")
    for answer in (
        await shop.get(f"journeys/{escaped}"),
        await shop.operator("POST", f"/journeys/{escaped}/exit"),
        await shop.operator("GET", f"/customers/{escaped}"),
        await shop.operator("DELETE", f"/customers/{escaped}"),
    ):
        assert answer.status_code == 422
        assert [each["loc"] for each in answer.json()["detail"]] == [["path", "customer_id"]]


async def test_line_break_is_refused_and_its_path_is_not_found(shop: Shop) -> None:
    assert (await shop.post(shop.event(customer_id="a\nb"))).status_code == 422
    assert (await shop.get("journeys/a%0Ab")).status_code == 404


@both_databases
@pytest.mark.parametrize("blank", ["", "  "])
async def test_customer_with_a_blank_id_is_known_by_phone(caller: Caller, blank: str) -> None:
    shop = await caller.new_store()
    answers = [await shop.post(shop.event(customer_id=each)) for each in (blank, blank)]
    journeys_of = {answer.json()["journey_id"] for answer in answers}
    assert len(journeys_of) == 1
    assert journeys_of.pop().startswith(f"journey:{shop.store_id}:anon-")

    nobody = shop.event() | {"customer": {"customer_id": blank}}
    answer = await shop.post(nobody)
    assert answer.status_code == 422
    assert [each["loc"] for each in answer.json()["detail"]] == [["body", "customer"]]

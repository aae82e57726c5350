"""Results over HTTP, against tables that were reckoned by hand."""

import csv
import io
import json
import random
import re
from pathlib import Path
from typing import Any

import pytest

from tests.api.caller import ADMIN, Shop, bearer
from tests.api.meta_caller import Meta
from tests.api.story_of_results import POSTED, WEEK
from tests.api.tables_of_results import ALL_ORDERS, TABLES, differences, told, written
from tests.api.telling_results import tell
from tests.databases import both_databases

DOCS = Path(__file__).parents[2] / "docs" / "results.md"


async def results(shop: Shop, **query: str) -> dict[str, Any]:
    answer = await shop.get("results", params={**WEEK, **query})
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


@both_databases
async def test_a_week_comes_to_what_was_reckoned_by_hand(meta: Meta) -> None:
    shop = await tell(meta, "1")
    for by, table in TABLES.items():
        found = await results(shop, by=by)
        assert differences(told(found["rows"]), written(table)) == [], by
        assert found["all_orders"] == ALL_ORDERS
    assert (found["attribution_window"], found["click_token"], found["by"]) == ("3d", "cb", "day")


async def test_the_documented_row_is_that_of_this_week(meta: Meta) -> None:
    (block,) = re.findall(r"^```json\n(\{.*?)^```$", DOCS.read_text(), re.DOTALL | re.MULTILINE)
    shop = await tell(meta, "1")
    row, _ = (await results(shop))["rows"]
    assert row == json.loads(block)


@both_databases
async def test_the_results_are_the_same_in_any_order_of_arrival(meta: Meta) -> None:
    shop, shuffled = await tell(meta, "1"), list(POSTED)
    random.Random(11).shuffle(shuffled)
    other = await tell(meta, "2", shuffled)
    for by in TABLES:
        assert (
            await results(shop, by=by) == await results(shop, by=by) == await results(other, by=by)
        )


async def test_csv_says_the_same(meta: Meta) -> None:
    shop = await tell(meta, "1")
    for by, table in TABLES.items():
        headers = bearer(shop.key) | {"Accept": "text/csv"}
        query = {**WEEK, "by": by}
        answer = await meta.caller.http.get(f"{shop.path}/results", headers=headers, params=query)
        assert answer.headers["content-type"] == "text/csv; charset=utf-8"
        rows = list(csv.DictReader(io.StringIO(answer.text)))
        assert differences(told(rows), written(table)) == [], by


async def test_the_operator_gets_what_the_store_gets(meta: Meta) -> None:
    shop = await tell(meta, "1")
    answer = await shop.operator("GET", "/results", params=WEEK)
    assert answer.json() == await results(shop)
    assert answer.json()["by"] == "plan"


async def test_orders_count_by_the_window_of_the_store(meta: Meta) -> None:
    shop = await tell(meta, "1")
    config = {**shop.config, "attribution_window": "20h"}
    assert (await shop.operator("PUT", json=config)).status_code == 200
    cart, view = (await results(shop))["rows"]
    assert cart["orders"]["within_window"] == 2  # of which one was paid in dollars
    assert cart["revenue"]["within_window"] == {"INR": "500.00", "USD": "20.00"}
    assert view["orders"]["within_window"] == 1
    assert (cart["orders"]["clicked"], cart["opted_out"]) == (2, 0)


@pytest.mark.parametrize("token", ["", "another", ADMIN[1:]])
async def test_results_are_for_the_store_and_the_operator(shop: Shop, token: str) -> None:
    for path in ("results", "experiments"):
        answer = await shop.caller.http.get(f"{shop.path}/{path}", headers=bearer(token))
        assert answer.status_code == 401


async def test_another_store_sees_nothing(shop: Shop) -> None:
    other = await shop.caller.new_store()
    for path in ("results", "experiments"):
        answer = await shop.caller.http.get(f"{other.path}/{path}", headers=bearer(shop.key))
        assert answer.status_code == 401


async def test_there_are_no_results_of_an_unknown_store(shop: Shop) -> None:
    answer = await shop.caller.operator("GET", "/v1/stores/unheard-of/results")
    assert answer.status_code == 404


@pytest.mark.parametrize(
    ("name", "value"), [("by", "month"), ("by", ""), ("from", "yesterday"), ("to", "1")]
)
async def test_what_cannot_be_read_of_the_question_is_refused(
    shop: Shop, name: str, value: str
) -> None:
    answer = await shop.get("results", params={name: value})
    assert answer.status_code == 422
    assert [each["loc"] for each in answer.json()["detail"]] == [["query", name]]


async def test_a_store_without_anything_has_no_rows(shop: Shop) -> None:
    answer = (await shop.get("results")).json()
    assert answer["rows"] == []
    assert answer["all_orders"]["orders"] == 0

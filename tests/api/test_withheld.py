"""Held-out customers as an operator sees them: explained, listed and counted."""

from typing import Any

import pytest

from domain.customers.identity import number_hashes
from domain.experiments.assignment import is_held_out
from storage import experiments, stores
from tests.api.caller import Caller, Shop
from tests.api.running_journeys import STEP, explained

SMS = {"url": "http://127.0.0.1:9/", "secret": "whsec_" + "A" * 32}
FALLBACK = {"on": ["unreachable"], "channel": "sms", "fields": {"text": "Hi"}}


async def shop_with_holdout(caller: Caller) -> Shop:
    steps = [{**STEP, "after": "0s", "fallbacks": [FALLBACK]}]
    return await caller.new_store(
        buffer="0ms",
        exit_api=None,
        quiet_hours=None,
        frequency_cap=None,
        channels={"sms": SMS},
        whatsapp={"phone_number_id": "1055", "access_token": "token"},
        plans={"cart_update": {"holdout": 0.5, "steps": steps}},
    )


async def held_out_phone(shop: Shop) -> str:
    """A number that the store's experiment holds out."""
    async with shop.database.reading() as connection:
        store = await stores.existing(connection, shop.store_id)
        experiment = await experiments.running(connection, shop.store_id, "cart_update")
    assert experiment is not None
    for last in range(1000):
        phone = f"+9198765{last:05}"
        person = min(number_hashes(store.hash_key, phone))
        if is_held_out(experiment.design, store.hash_key, experiment.experiment_id, person):
            return phone
    raise AssertionError("half of all people are held out")


async def listed(shop: Shop, status: str) -> list[dict[str, Any]]:
    answer = await shop.get("messages", params={"status": status})
    rows: list[dict[str, Any]] = answer.json()["messages"]
    return rows


@pytest.mark.usefixtures("worker")
async def test_a_held_out_customer_is_explained_listed_and_counted(caller: Caller) -> None:
    shop = await shop_with_holdout(caller)
    await shop.post(shop.event(phone=await held_out_phone(shop)))
    told = await explained(shop, "closed")

    assert (told["outcome"], told["reason"]) == ("skipped", "withheld")
    (message,) = told["messages"]
    assert (message["status"], message["sent_at"], message["provider_id"]) == (
        "withheld",
        None,
        None,
    )
    evidence = [each["evidence"] for each in told["decisions"] if each["evidence"]]
    (experiment,) = (await shop.get("experiments")).json()["experiments"]
    assert experiment["experiment_id"] in {each.get("experiment") for each in evidence}

    (row,) = await listed(shop, "withheld")
    assert row["because"] == "held out of the experiment"
    assert await listed(shop, "accepted") == []

    plan = (await shop.get("stats")).json()["plans"]["cart_update"]
    assert plan["journeys"] == {"skipped": {"withheld": 1}}
    assert plan["steps"] == {"1": {"withheld": 1}}
    assert (plan["fallbacks"], plan["people"]) == ({}, {"plan": 0, "steps": {}})

    (result,) = (await shop.get("results")).json()["rows"]
    assert (result["journeys"], result["withheld"], result["messaged"]) == (1, 1, 0)
    arms = {each["arm"]: each["people"] for each in experiment["arms"]}
    assert arms == {"holdout": 1, "messaged": 0}

"""Shops with an experiment, and customers of the arm that a test needs."""

from typing import Any

from domain.customers.identity import number_hashes
from domain.experiments.assignment import is_held_out
from storage import experiments
from storage.experiments import Experiment
from tests.workflows.world import Shop


def held_out_plan(*steps: Any, share: float = 0.5) -> dict[str, Any]:
    return {"cart_update": {"holdout": share, "steps": list(steps)}}


async def running(shop: Shop) -> Experiment:
    async with shop.world.database.reading() as connection:
        found = await experiments.running(connection, shop.store.store_id, "cart_update")
    assert found is not None
    return found


def person(shop: Shop, phone: str) -> str:
    return min(number_hashes(shop.store.hash_key, phone))


async def with_customer(shop: Shop, *, held_out: bool) -> Shop:
    """The shop with a customer whom its experiment holds out, or not."""
    experiment = await running(shop)
    key, experiment_id = shop.store.hash_key, experiment.experiment_id

    def is_wanted(phone: str) -> bool:
        who = person(shop, phone)
        return is_held_out(experiment.design, key, experiment_id, who) is held_out

    numbers = (f"+9197{shop.phone[-5:]}{last:03}" for last in range(1000))
    shop.phone = next(each for each in numbers if is_wanted(each))
    return shop

"""Worker Versioning on a real server: open journeys stay with their build, others go on."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path

from cli.temporal_server import FAIRNESS
from domain.journey.outcomes import Stage
from tests.servers import dev_server
from tests.workflows.build_world import build_world
from tests.workflows.deployments import NAME, PATIENCE, Deployment
from tests.workflows.world import CART_STEP, Shop, World, real_now

SERVER = (
    *FAIRNESS,  # one partition for each task queue, as in `make dev`
    "--dynamic-config-value",
    'matching.wv.VersionDrainageStatusVisibilityGracePeriod="1s"',
    "--dynamic-config-value",
    'matching.wv.VersionDrainageStatusRefreshInterval="1s"',
)
"""Temporal looks for open journeys of a former build every few minutes otherwise."""


async def until(holds: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(PATIENCE.total_seconds()):
        while not await holds():
            pass


async def waiting_journey(world: World) -> Shop:
    """A journey that waits for an hour."""
    shop = await world.shop(buffer="0ms", plans={"cart_update": [CART_STEP]})
    await shop.does("cart_update.add_to_cart")
    await until(lambda: is_at(shop, Stage.WAITING))
    return shop


async def is_at(shop: Shop, stage: Stage) -> bool:
    journey = await shop.gateway.describe(shop.customer)
    return journey is not None and journey.stage is stage


async def is_closed(shop: Shop) -> bool:
    return not await shop.gateway.is_open(shop.customer)


async def test_open_journeys_end_on_their_build_and_later_runs_take_the_current_one(
    tmp_path: Path,
) -> None:
    async with AsyncExitStack() as stack:
        environment = await stack.enter_async_context(dev_server(*SERVER))
        deployment = Deployment(environment.client)
        first = await stack.enter_async_context(
            build_world(environment, tmp_path, real_now, deployment=(NAME, "1"))
        )
        assert not await deployment.is_ready()
        await deployment.make_current("1")
        await until(deployment.is_ready)
        old, begins_again = await waiting_journey(first), await waiting_journey(first)

        second = await stack.enter_async_context(
            build_world(environment, tmp_path, real_now, deployment=(NAME, "2"))
        )
        await deployment.make_current("2")
        await until(deployment.is_ready)
        new = await waiting_journey(second)
        await begins_again.does("cart_update.add_to_cart", real_now() - begins_again.now)
        await until(lambda: is_on(deployment, begins_again, "2"))

        assert await deployment.build_of(new) == "2"
        assert await is_on(deployment, old, "1")
        await first.intake.exit(old.store, old.customer.customer_id)
        await until(lambda: is_closed(old))
        assert await is_on(deployment, old, "1")
        await deployment.drained("1")


async def is_on(deployment: Deployment, shop: Shop, build_id: str) -> bool:
    return await deployment.build_of(shop) == build_id

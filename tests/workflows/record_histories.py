"""Add the histories of new stories: `python -m tests.workflows.record_histories`.

What is recorded already stays as it is: it must replay for ever.
"""

import asyncio
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.temporal import time_skipping_server
from tests.workflows.building import build_world
from tests.workflows.stories import STORIES, Story
from tests.workflows.world import Shop, World, virtual_now

HISTORIES = Path(__file__).parents[1] / "histories"


async def record() -> None:
    """Play every story that has no history yet."""
    with TemporaryDirectory() as folder:
        async with (
            time_skipping_server() as environment,
            build_world(environment, Path(folder), virtual_now) as world,
        ):
            for story in STORIES:
                await _record(world, story)


async def _record(world: World, story: Story) -> None:
    if list(HISTORIES.glob(f"{story.__name__}.*.json")):
        return
    shop = await story(world)
    for number, run_id in enumerate(reversed(await shop.run_ids()), start=1):
        path = HISTORIES / f"{story.__name__}.{number}.json"
        path.write_text(await _history(shop, run_id) + "\n")


async def _history(shop: Shop, run_id: str) -> str:
    handle = shop.world.client.get_workflow_handle(shop.customer.journey_id, run_id=run_id)
    return (await handle.fetch_history()).to_json()


if __name__ == "__main__":
    asyncio.run(record())

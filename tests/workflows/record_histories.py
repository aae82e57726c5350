"""Add the histories of new stories: `python -m tests.workflows.record_histories`.

What is recorded already stays as it is: it must replay for ever.
"""

import asyncio
import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests.servers import time_skipping_server
from tests.workflows.build_world import build_world
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
        recorded = _without_traces(json.loads(await _history(shop, run_id)))
        path.write_text(json.dumps(recorded, indent=2) + "\n")


async def _history(shop: Shop, run_id: str) -> str:
    handle = shop.world.client.get_workflow_handle(shop.customer.journey_id, run_id=run_id)
    return (await handle.fetch_history()).to_json()


def _without_traces(part: Any) -> Any:
    """Where this machine keeps its files is no part of a journey."""
    if isinstance(part, dict):
        return {
            name: "" if name == "stackTrace" else _without_traces(value)
            for name, value in part.items()
        }
    return [_without_traces(each) for each in part] if isinstance(part, list) else part


if __name__ == "__main__":
    asyncio.run(record())

"""The journeys of a store that have passed their buffer and wait for their message."""

from datetime import timedelta

from temporalio.client import Client

from benchmarks.waiting import MAX_WAIT, Running, wait_until
from workflows import names


def waiting_journeys(client: Client, store_id: str) -> Running:
    """Those that wait now."""
    condition = f"{names.STORE_ID.name} = '{store_id}' AND {names.JOURNEY_STAGE.name} = 'waiting'"
    return Running(client, names.WORKFLOW, condition)


async def wait_until_waiting(
    client: Client, store_id: str, count: int, within: timedelta = MAX_WAIT
) -> None:
    """Wait until so many wait.

    Raises:
        TimeoutError: not in time.
    """
    waiting = waiting_journeys(client, store_id)

    async def all_wait() -> bool:
        return await waiting.count() >= count

    await wait_until(all_wait, within)

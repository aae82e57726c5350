"""Work that runs once for all who wait for it."""

import asyncio

import pytest

from operations.single_flight import SingleFlight


class Work:
    """Counts how often it runs; it ends when it may."""

    def __init__(self) -> None:
        self.runs = 0
        self.began = asyncio.Event()
        self.proceed = asyncio.Event()

    async def __call__(self) -> int:
        self.runs += 1
        self.began.set()
        await self.proceed.wait()
        return self.runs


async def begun(flight: SingleFlight[int], work: Work, callers: int) -> list[asyncio.Task[int]]:
    calls = [asyncio.create_task(flight.result(work)) for _ in range(callers)]
    await work.began.wait()
    return calls


async def test_callers_that_come_while_it_runs_share_it() -> None:
    flight, work = SingleFlight[int](), Work()
    calls = await begun(flight, work, 100)
    work.proceed.set()

    assert await asyncio.gather(*calls) == [1] * 100


async def test_a_caller_that_comes_later_gets_a_new_result() -> None:
    flight, work = SingleFlight[int](), Work()
    work.proceed.set()

    assert [await flight.result(work), await flight.result(work)] == [1, 2]


async def test_a_caller_that_goes_away_ends_it_for_no_other() -> None:
    flight, work = SingleFlight[int](), Work()
    first, second = await begun(flight, work, 2)
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    work.proceed.set()

    assert await second == 1


async def test_a_failure_reaches_all_and_does_not_stay() -> None:
    flight, work = SingleFlight[int](), Work()
    work.proceed.set()

    async def fail() -> int:
        raise OSError

    failed = await asyncio.gather(flight.result(fail), flight.result(fail), return_exceptions=True)

    assert [type(each) for each in failed] == [OSError, OSError]
    assert await flight.result(work) == 1

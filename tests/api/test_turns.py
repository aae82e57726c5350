"""Turns: a store alone has the machine, and one at a time beside others."""

import asyncio
from contextlib import AsyncExitStack

import pytest
from fastapi import HTTPException

from api.spare_turns import SpareTurns
from api.turns import Turns


def one() -> int:
    """How many turns there are beside others."""
    return 1


class SteppedClock:
    """A monotonic clock that a test moves."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


async def settled() -> None:
    """Let every task run until it waits."""
    for _ in range(5):
        await asyncio.sleep(0)


async def hold(turns: Turns, name: str, running: list[str], end: asyncio.Event) -> None:
    async with turns.take(name):
        running.append(name)
        await end.wait()
        running.remove(name)


async def test_a_store_alone_has_several_turns_and_one_beside_others() -> None:
    turns, running, end = (
        Turns(at_once=3, waiting=10, beside_others=one, now=SteppedClock()),
        list[str](),
        asyncio.Event(),
    )
    async with asyncio.TaskGroup() as group:
        for _ in range(5):
            group.create_task(hold(turns, "a", running, end))
        await settled()
        assert running == ["a", "a", "a"]
        group.create_task(hold(turns, "b", running, end))
        await settled()
        assert sorted(running) == ["a", "a", "a", "b"]
        end.set()
    assert running == []


async def test_beside_another_store_the_next_turn_comes_when_the_last_one_ended() -> None:
    clock = SteppedClock()
    turns, running, end = (
        Turns(at_once=3, waiting=10, beside_others=one, now=clock),
        list[str](),
        asyncio.Event(),
    )
    async with turns.take("b"):
        pass
    async with asyncio.TaskGroup() as group:
        for _ in range(2):
            group.create_task(hold(turns, "a", running, end))
        await settled()
        assert running == ["a"]
        clock.seconds = 3  # b posted nothing for so long
        group.create_task(hold(turns, "a", running, end))
        await settled()
        assert running == ["a"]  # first come, first served
        end.set()


async def test_more_than_may_wait_are_refused() -> None:
    turns, running, end = (
        Turns(at_once=1, waiting=1, now=SteppedClock()),
        list[str](),
        asyncio.Event(),
    )
    async with asyncio.TaskGroup() as group:
        for _ in range(2):
            group.create_task(hold(turns, "a", running, end))
        await settled()
        with pytest.raises(HTTPException) as refused:
            async with AsyncExitStack() as stack:
                await stack.enter_async_context(turns.take("a"))
        end.set()
    assert refused.value.status_code == 429


async def test_a_caller_that_gives_up_leaves_its_turn_to_the_next() -> None:
    turns, running, end = (
        Turns(at_once=1, waiting=5, now=SteppedClock()),
        list[str](),
        asyncio.Event(),
    )
    async with asyncio.TaskGroup() as group:
        group.create_task(hold(turns, "a", running, end))
        await settled()
        gone = group.create_task(hold(turns, "a", running, end))
        group.create_task(hold(turns, "a", running, end))
        await settled()
        gone.cancel()
        end.set()
    assert running == []


async def test_a_store_with_more_waiting_lets_another_pass_for_a_while() -> None:
    clock, running = SteppedClock(), list[str]()
    turns = Turns(at_once=1, waiting=10, now=clock)
    ends = [asyncio.Event() for _ in range(3)]
    async with asyncio.TaskGroup() as group:
        for end in ends:
            group.create_task(hold(turns, "flood", running, end))
        await settled()
        light = asyncio.Event()
        group.create_task(hold(turns, "light", running, light))
        await settled()
        assert sorted(running) == ["flood", "light"]
        ends[0].set()
        await settled()
        assert running == ["light"]
        light.set()
        await settled()
        assert running == ["flood"]

        other = asyncio.Event()
        group.create_task(hold(turns, "light", running, other))
        await settled()
        clock.seconds = 0.1
        ends[1].set()
        await settled()
        assert sorted(running) == ["flood", "light"]
        ends[2].set()
        other.set()


async def test_a_store_beside_others_has_all_turns_where_the_processor_has_time() -> None:
    turns, running, end = Turns(at_once=3, now=SteppedClock()), list[str](), asyncio.Event()
    async with asyncio.TaskGroup() as group:
        for name in ("a", "b", "a", "a"):
            group.create_task(hold(turns, name, running, end))
        await settled()
        assert sorted(running) == ["a", "a", "a", "b"]
        end.set()


async def test_a_turn_that_ends_while_a_caller_gives_up_goes_to_the_next() -> None:
    turns, running, end = Turns(at_once=1, now=SteppedClock()), list[str](), asyncio.Event()
    async with asyncio.TaskGroup() as group:
        group.create_task(hold(turns, "a", running, end))
        await settled()
        gone = group.create_task(hold(turns, "a", running, end))
        group.create_task(hold(turns, "a", running, end))
        await settled()
        end.set()
        await asyncio.sleep(0)  # the first one is about to end
        gone.cancel()
    async with turns.take("a"):
        assert running == []


def test_turns_halve_while_the_process_is_busy_and_grow_while_it_is_not() -> None:
    clock, used = SteppedClock(), SteppedClock()
    spare = SpareTurns(16, clock, used)
    seen = []
    for share in (1.0, 0.9, 0.6, 0.9, 0.9, 0.9, 0.4, 0.1):
        clock.seconds += 0.125
        used.seconds += share / 8
        seen.append(spare())
    assert seen == [8, 4, 4, 2, 1, 1, 2, 3]
    clock.seconds += 60
    assert spare() == 16

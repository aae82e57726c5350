"""Items that arrive together share a commit, and nobody's failure is another's."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest
from sqlalchemy.exc import OperationalError

from ingest.group_commit import MAX_GROUP, GroupCommit

Item = tuple[str, str]
"""A store, and a customer of it."""


@dataclass
class Recorder:
    """Commits by noting what came together."""

    groups: list[list[Item]] = field(default_factory=list)
    alone: list[list[Item]] = field(default_factory=list)
    busy: set[str] = field(default_factory=set)
    poison: set[str] = field(default_factory=set)
    unavailable: bool = False
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    began: asyncio.Event = field(default_factory=asyncio.Event)

    async def commit(self, items: Sequence[Item]) -> list[str | None]:
        self.began.set()
        await self.gate.wait()
        self.groups.append(list(items))
        self._fail(items)
        return [None if customer in self.busy else customer for _, customer in items]

    async def commit_alone(self, items: Sequence[Item]) -> list[str]:
        self.alone.append(list(items))
        self._fail(items)
        return [customer for _, customer in items]

    def _fail(self, items: Sequence[Item]) -> None:
        if self.unavailable:
            raise OperationalError("", None, OSError("no database"))
        if any(customer in self.poison for _, customer in items):
            raise ValueError("poison")

    def group(self) -> GroupCommit[Item, str]:
        return GroupCommit(
            self.commit,
            self.commit_alone,
            store_of=lambda item: item[0],
            customer_of=lambda item: item,
        )


@pytest.fixture
def recorder() -> Recorder:
    return Recorder()


async def commit_all(recorder: Recorder, items: Sequence[Item]) -> list[str | BaseException]:
    """Commit these at once; the first of them begins a group of its own."""
    group = recorder.group()
    tasks = [asyncio.create_task(group.add(item)) for item in items]
    await asyncio.sleep(0)
    recorder.gate.set()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert group.pending == 0
    return results


async def test_items_that_arrive_together_are_committed_together(recorder: Recorder) -> None:
    items = [("s", f"c{number}") for number in range(5)]
    assert await commit_all(recorder, items) == [customer for _, customer in items]
    assert recorder.groups == [items]


async def test_what_arrives_while_a_group_is_committed_is_the_next_group(
    recorder: Recorder,
) -> None:
    group = recorder.group()
    first = asyncio.create_task(group.add(("s", "first")))
    await recorder.began.wait()
    others = [asyncio.create_task(group.add(("s", f"c{number}"))) for number in range(3)]
    await asyncio.sleep(0)
    recorder.gate.set()
    await asyncio.gather(first, *others)
    assert [len(each) for each in recorder.groups] == [1, 3]


async def test_stores_take_turns_in_a_group(recorder: Recorder) -> None:
    flood = [("flood", f"c{number}") for number in range(3 * MAX_GROUP)]
    await commit_all(recorder, [*flood, ("other", "c")])
    assert ("other", "c") in recorder.groups[0]
    assert [len(each) for each in recorder.groups] == [MAX_GROUP] * 3 + [1]


async def test_customer_that_another_transaction_has_locked_keeps_no_one_waiting(
    recorder: Recorder,
) -> None:
    recorder.busy = {"locked"}
    items = [("s", "a"), ("s", "locked"), ("s", "b"), ("s", "locked")]
    assert await commit_all(recorder, items) == ["a", "locked", "b", "locked"]
    assert recorder.alone == [[("s", "locked"), ("s", "locked")]]


async def test_item_that_fails_fails_alone(recorder: Recorder) -> None:
    recorder.poison = {"bad"}
    good, bad, other = await commit_all(recorder, [("s", "good"), ("s", "bad"), ("s", "other")])
    assert (good, other) == ("good", "other")
    assert isinstance(bad, ValueError)


async def test_database_that_is_away_is_asked_once_for_all(recorder: Recorder) -> None:
    recorder.unavailable = True
    results = await commit_all(recorder, [("s", f"c{number}") for number in range(20)])
    assert all(isinstance(each, OperationalError) for each in results)
    assert len(recorder.alone) == 1


async def test_caller_that_is_gone_keeps_no_other_from_its_answer(recorder: Recorder) -> None:
    group = recorder.group()
    gone, stays = (asyncio.create_task(group.add(("s", name))) for name in ("gone", "stays"))
    await asyncio.sleep(0)
    gone.cancel()
    recorder.gate.set()
    assert await stays == "stays"
    assert group.pending == 0

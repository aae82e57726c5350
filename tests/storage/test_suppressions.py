import asyncio
import itertools
from datetime import datetime

import pytest

from domain.customers import choices
from storage import opt_outs, suppressions
from storage.database import Database
from tests.storage.builders import NOW, OTHER_STORE, STORE, later


async def add(database: Database, because: str) -> None:
    async with database.transaction() as connection:
        await suppressions.add(connection, STORE, "hash", because, NOW)


async def test_suppression_holds_in_its_store_until_it_is_removed(registered: Database) -> None:
    await add(registered, "opted out")
    await add(registered, "again")
    async with registered.transaction() as connection:
        assert await suppressions.because(connection, STORE, "hash") == "opted out"
        assert await suppressions.because(connection, OTHER_STORE, "hash") is None
        assert await suppressions.because(connection, STORE, "other") is None
        await suppressions.remove(connection, OTHER_STORE, "hash", NOW)
        assert await suppressions.because(connection, STORE, "hash") == "opted out"
        await suppressions.remove(connection, STORE, "hash", NOW)
        assert await suppressions.because(connection, STORE, "hash") is None


async def test_of_several_numbers_the_newest_suppression_in_force_is_found(
    registered: Database,
) -> None:
    async with registered.transaction() as connection:
        for hashed, at in [
            ("old", NOW),
            ("new", later(2)),
            ("lifted", later(1)),
            ("not ours", NOW),
        ]:
            await suppressions.add(connection, STORE, hashed, f"{hashed} number", at)
        await suppressions.remove(connection, STORE, "lifted", later(3))
        hashes = ["old", "new", "lifted", "never"]
        newest = await opt_outs.newest_of(connection, STORE, hashes)
        assert await opt_outs.newest_of(connection, OTHER_STORE, hashes) is None
    assert newest == choices.Choice("new number", later(2))


async def test_number_may_be_suppressed_many_times_at_once(registered: Database) -> None:
    await asyncio.gather(*(add(registered, "opted out") for _ in range(4)))
    async with registered.reading() as connection:
        assert await suppressions.because(connection, STORE, "hash") == "opted out"


Choice = tuple[str, int]


@pytest.mark.parametrize(
    ("choices", "suppressed"),
    [
        ([("stop", 1), ("resume", 2)], False),
        ([("stop", 1), ("resume", 2), ("stop", 3)], True),
        ([("stop", 1), ("resume", 1)], True),
        ([("stop", 1), ("resume", 2), ("stop", 2), ("resume", 3)], False),
    ],
)
async def test_latest_choice_counts_in_any_order_of_arrival(
    registered: Database, choices: list[Choice], suppressed: bool
) -> None:
    for number, order in enumerate(itertools.permutations([*choices, choices[0]])):
        for choice, seconds in order:
            await choose(registered, f"hash{number}", choice, later(seconds))
        async with registered.reading() as connection:
            because = await suppressions.because(connection, STORE, f"hash{number}")
        assert (because is not None) is suppressed, order


async def choose(database: Database, hashed: str, choice: str, at: datetime) -> None:
    async with database.transaction() as connection:
        if choice == "stop":
            await suppressions.add(connection, STORE, hashed, "said STOP", at)
        else:
            await suppressions.lift(connection, STORE, hashed, at)


async def test_older_choice_does_not_undo_the_operators(registered: Database) -> None:
    await choose(registered, "hash", "stop", later(1))
    async with registered.transaction() as connection:
        await suppressions.remove(connection, STORE, "hash", later(5))
        assert not await suppressions.would_begin(connection, STORE, "hash", later(1))
        await suppressions.add(connection, STORE, "hash", "said STOP", later(1))
        assert await suppressions.because(connection, STORE, "hash") is None
        assert await suppressions.would_begin(connection, STORE, "hash", later(6))

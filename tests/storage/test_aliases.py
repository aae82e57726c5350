"""Who is one person, and what a claim makes of it."""

import asyncio
from dataclasses import replace
from datetime import datetime

import pytest
from sqlalchemy import text

from storage import aliases, claim_transaction, opt_outs, purging, suppressions
from storage.alias_statements import MAX_IDENTITIES
from storage.aliases import Learned
from storage.claims import Claimed, Forbidden, Paced, Refusal
from storage.database import Database, lock
from tests.storage.builders import (
    NOW,
    OTHER_STORE,
    STORE,
    a_claim,
    accept,
    an_event,
    later,
    until_done_or_waiting,
)

POSTED, OTHER_FORM, USER = "posted", "other form", "user:1"


async def learn(database: Database, *identities: str, at: datetime = NOW) -> None:
    async with database.transaction() as connection:
        await aliases.learn(connection, [Learned(STORE, frozenset(identities), at)])


async def claim(database: Database, step: int = 1, at: datetime = NOW) -> object:
    wanted = replace(a_claim(step=step), address_hash=POSTED, other_forms=frozenset({OTHER_FORM}))
    async with database.transaction() as connection:
        return await claim_transaction.claim(connection, wanted, at)


OPTED_OUT = Forbidden(Refusal.OPTED_OUT, {})


@pytest.mark.parametrize("suppressed", [POSTED, OTHER_FORM])
async def test_suppression_of_an_older_release_holds_for_both_forms(
    registered: Database, suppressed: str
) -> None:
    row = f"INSERT INTO suppressions (store_id, address_hash, because, created_at) VALUES ('{STORE}', '{suppressed}', 'said STOP', '2024-10-01 00:00:00')"  # noqa: E501  # as the release wrote it
    async with registered.transaction() as connection:
        await connection.execute(text(row))
    assert await claim(registered) == OPTED_OUT


async def test_suppression_of_a_user_id_counts_once_its_number_is_known(
    registered: Database,
) -> None:
    async with registered.transaction() as connection:
        await opt_outs.opt_out_person(connection, STORE, {USER}, "said STOP", NOW)
    assert isinstance(await claim(registered), Claimed)
    await learn(registered, USER, OTHER_FORM)
    assert await claim(registered, step=2) == OPTED_OUT


async def test_messages_to_either_form_are_paced_together(registered: Database) -> None:
    assert isinstance(await claim(registered), Claimed)
    await learn(registered, OTHER_FORM, POSTED)
    wanted = replace(a_claim(step=2), address_hash=OTHER_FORM)
    async with registered.transaction() as connection:
        answer = await claim_transaction.claim(connection, wanted, later(1))
    assert isinstance(answer, Paced)


async def test_person_is_found_by_any_identity_and_in_its_store_alone(
    registered: Database,
) -> None:
    await learn(registered, "a", "b")
    await learn(registered, "b", "c")
    async with registered.reading() as connection:
        assert await aliases.person(connection, STORE, {"a"}, NOW) == {"a", "b", "c"}
        assert await aliases.with_aliases(connection, STORE, {"a"}) == {"a", "b"}
        assert await aliases.person(connection, OTHER_STORE, {"a"}, NOW) == {"a"}


async def test_what_ended_counts_for_earlier_choices_and_begins_again_by_later_news(
    registered: Database,
) -> None:
    await learn(registered, "old number", "user:old")
    moved = Learned(STORE, frozenset({"old number", "user:old"}), later(10))
    async with registered.transaction() as connection:
        await aliases.move(connection, moved, frozenset({"new number"}), {"user:old"})
        before = await aliases.person(connection, STORE, {"old number"}, later(10))
        after = await aliases.person(connection, STORE, {"old number"}, later(11))
    assert "new number" in before
    assert after == {"old number"}
    await learn(registered, "old number", "user:old", at=later(5))
    async with registered.reading() as connection:
        assert await aliases.with_aliases(connection, STORE, {"old number"}) == {"old number"}
    await learn(registered, "old number", "user:old", at=later(20))
    async with registered.reading() as connection:
        found = await aliases.with_aliases(connection, STORE, {"old number"})
    assert found == {"old number", "user:old"}


async def test_aliases_of_strangers_are_purged(registered: Database) -> None:
    await learn(registered, "stranger", "user:2")
    await learn(registered, "opted out", "user:3")
    async with registered.transaction() as connection:
        await suppressions.add(connection, STORE, "opted out", "said STOP", NOW)
        assert await purging.aliases_of_strangers(connection, STORE, NOW, None) == (0, None)
        assert await purging.aliases_of_strangers(connection, STORE, later(), None) == (2, None)
        assert await aliases.with_aliases(connection, STORE, {"stranger"}) == {"stranger"}
        assert len(await aliases.with_aliases(connection, STORE, {"opted out"})) == 2


QUERIES = {
    "aliases": "SELECT alias_hash FROM aliases WHERE store_id = 's'"
    " AND identity_hash IN ('a', 'b', 'c')",
    "suppressions": "SELECT * FROM suppressions WHERE store_id = 's'"
    " AND address_hash IN ('a', 'b', 'c')",
    "messages": "SELECT max(claimed_at) FROM messages WHERE store_id = 's'"
    " AND address_hash IN ('a', 'b', 'c') AND status NOT IN ('failed', 'not_sent')",
}


@pytest.mark.parametrize("query", QUERIES.values(), ids=QUERIES)
async def test_a_claim_finds_several_identities_by_an_index(
    registered: Database, query: str
) -> None:
    async with registered.transaction() as connection:
        sqlite = connection.dialect.name == "sqlite"
        if not sqlite:
            await connection.execute(text("SET LOCAL enable_seqscan = off"))
        explain = "EXPLAIN QUERY PLAN" if sqlite else "EXPLAIN"
        plan = str((await connection.execute(text(f"{explain} {query}"))).all())
    assert "SEARCH" in plan if sqlite else "Index Cond" in plan
    assert "SCAN " not in plan.replace("Index Scan", "")


async def test_who_becomes_known_is_locked_with_all_aliases_at_once(registered: Database) -> None:
    await learn(registered, "a", "b")

    async def learn_more() -> None:
        async with registered.transaction() as connection:
            await opt_outs.opt_out_person(connection, STORE, {"x"}, "said STOP", NOW)
        async with registered.transaction() as connection:
            await opt_outs.learn(connection, [Learned(STORE, frozenset({"b", "x"}), NOW)])

    async with registered.transaction() as connection:
        await lock(connection, "address", STORE, "a")
        learning = asyncio.create_task(learn_more())
        await until_done_or_waiting(registered, learning)
        await lock(connection, "address", STORE, "b")  # a deadlock, if it were held by now
    await learning
    async with registered.reading() as connection:
        assert await suppressions.because(connection, STORE, "a") == "said STOP"


async def test_aliases_of_other_numbers_leave_none_of_the_claimed_number_out(
    registered: Database,
) -> None:
    await accept(registered, an_event("e0"), address_hash="other number")
    await learn(registered, POSTED, USER)
    async with registered.transaction() as connection:
        many = range(MAX_IDENTITIES)
        await aliases.learn(
            connection,
            [Learned(STORE, frozenset({"other number", f"user:x{n}"}), later()) for n in many],
        )
        await suppressions.add(connection, STORE, USER, "said STOP", NOW)
    assert await claim(registered) == OPTED_OUT

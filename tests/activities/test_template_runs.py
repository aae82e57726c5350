"""A template that fails for several people in a row is held."""

import asyncio
from dataclasses import replace

import pytest

from activities import send_results
from activities.send_recorder import SendRecorder, SentTo
from activities.settlement import Attempt
from domain.messages.send_outcome import Accepted, ErrorCategory, Refused, SendOutcome
from operations import store_administration
from storage import stores, template_holds
from storage.database import Database
from tests.storage.builders import NOW, OTHER_STORE, STORE, a_config

TO = SentTo(STORE, "c", "hash", "sale", waits_for_template=True, language="en")
MISMATCH = Refused(ErrorCategory.TEMPLATE_MISMATCH, 132000, "(#132000) Number", "expected 2")
SENT = Accepted("wamid.1", "accepted")


@pytest.fixture(name="recorder")
async def a_recorder(database: Database) -> SendRecorder:
    async with database.transaction() as connection:
        for store_id in (STORE, OTHER_STORE):
            await stores.put(connection, store_id, a_config(), NOW)
    return SendRecorder(database, lambda: NOW)


async def record(
    recorder: SendRecorder, person: str, outcome: SendOutcome = MISMATCH, to: SentTo = TO
) -> None:
    attempt = Attempt(person, 1, NOW, "meta_says", to.template)
    settlement = send_results.settle(outcome, attempt)
    await recorder.record(replace(to, address_hash=person), person, settlement)


async def held(database: Database, store_id: str = STORE) -> list[str]:
    async with database.reading() as connection:
        rows = await template_holds.listed(connection, store_id)
    return [row["because"] for row in rows]


async def test_three_people_in_a_row_hold_the_template_with_metas_details(
    recorder: SendRecorder, database: Database
) -> None:
    for person in ("a", "b"):
        await record(recorder, person)
    assert await held(database) == []

    await record(recorder, "c")

    because = "3 people in a row: Meta answers 132000: (#132000) Number: expected 2"
    assert await held(database) == [because]


async def test_one_person_whose_message_fails_again_and_again_holds_nothing(
    recorder: SendRecorder, database: Database
) -> None:
    for _ in range(5):
        await record(recorder, "a")

    assert await held(database) == []


async def test_a_message_that_was_sent_begins_the_row_anew(
    recorder: SendRecorder, database: Database
) -> None:
    for person in ("a", "b"):
        await record(recorder, person)
    await record(recorder, "c", SENT)
    for person in ("d", "e"):
        await record(recorder, person)

    assert await held(database) == []


async def test_other_templates_languages_and_stores_are_other_rows(
    recorder: SendRecorder, database: Database
) -> None:
    for person, to in [
        ("a", TO),
        ("b", replace(TO, template="other")),
        ("c", replace(TO, language="de")),
        ("d", replace(TO, store_id=OTHER_STORE)),
        ("e", replace(TO, template=None)),
    ]:
        await record(recorder, person, to=to)

    assert await held(database) == await held(database, OTHER_STORE) == []


async def test_other_errors_do_not_count(recorder: SendRecorder, database: Database) -> None:
    wrong = Refused(ErrorCategory.TEMPLATE_WRONG, 131008, "(#131008) Missing")
    for person in ("a", "b", "c"):
        await record(recorder, person, wrong)

    assert await held(database) == []


async def test_workers_that_record_at_the_same_time_count_each_other(
    recorder: SendRecorder, database: Database
) -> None:
    await asyncio.gather(*(record(recorder, person) for person in ("a", "b", "c")))

    assert len(await held(database)) == 1


async def test_a_resumed_store_counts_anew(recorder: SendRecorder, database: Database) -> None:
    for person in ("a", "b", "c"):
        await record(recorder, person)
    async with database.transaction() as connection:
        await store_administration.resume(connection, STORE)

    await record(recorder, "d")

    assert await held(database) == []

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise

from storage import claim_transaction
from storage.claims import Claimed, Paced
from storage.database import Database
from storage.pacing import BURST, TO_ONE_PERSON
from tests.storage.builders import NOW, a_claim
from tests.storage.test_claim_transaction import Answer

PER_SECOND = 20


async def claim(
    database: Database, person: int, now: datetime = NOW, number: str = "1055"
) -> Answer:
    """One message, each person being a customer of their own."""
    message = replace(
        a_claim(customer_id=f"c{person}"),
        address_hash=f"person {person}",
        phone_number_id=number,
        messages_per_second=PER_SECOND,
    )
    async with database.transaction() as connection:
        return await claim_transaction.claim(connection, message, now)


async def test_a_number_sends_no_faster_than_it_may_for_concurrent_claims(
    registered: Database,
) -> None:
    answers = await asyncio.gather(*(claim(registered, person) for person in range(30)))

    unpaced = [answer for answer in answers if isinstance(answer, Claimed)]
    slots = sorted(answer.until for answer in answers if isinstance(answer, Paced))
    gap = timedelta(seconds=1 / PER_SECOND)
    assert len(unpaced) == BURST / gap + 1
    assert len(slots) == 30 - len(unpaced)
    assert all(later - earlier == gap for earlier, later in pairwise(slots))


async def test_a_message_that_waited_for_its_slot_is_sent(registered: Database) -> None:
    answers = [await claim(registered, person) for person in range(30)]
    last = answers[-1]
    assert isinstance(last, Paced)
    for person in range(100, 130):  # the slots after it
        await claim(registered, person)

    assert isinstance(await claim(registered, 29, last.until), Claimed)
    assert isinstance(await claim(registered, 30, NOW), Paced), "a slot is not given twice"


async def test_a_message_that_missed_its_slot_waits_again_if_it_is_too_fast(
    registered: Database,
) -> None:
    for person in range(30):
        await claim(registered, person)
    late = NOW + timedelta(minutes=10)
    for person in range(100, 130):
        await claim(registered, person, late)

    assert isinstance(await claim(registered, 29, late), Paced)


async def test_another_number_is_not_slowed_down(registered: Database) -> None:
    for person in range(30):
        await claim(registered, person)

    assert isinstance(await claim(registered, 99, number="2066"), Claimed)


async def test_the_same_person_is_left_a_moment(registered: Database) -> None:
    first, second = a_claim(step=1), a_claim(step=2)
    async with registered.transaction() as connection:
        assert isinstance(await claim_transaction.claim(connection, first, NOW), Claimed)
        assert await claim_transaction.claim(connection, second, NOW) == Paced(NOW + TO_ONE_PERSON)
        later = NOW + TO_ONE_PERSON
        assert isinstance(await claim_transaction.claim(connection, second, later), Claimed)

"""Whatever a strange Meta tells, in whatever order and however often: the ledger says its truth."""

import itertools
import random
from collections.abc import Iterator, Sequence

import pytest
from sqlalchemy import select

from api.metrics import Metrics
from api.webhook_processor import WebhookProcessor
from benchmarks.strange_proof import Proof, Row
from benchmarks.strange_shop import phone
from sandbox.ledger import Received
from sandbox.strange import Said, Sent, Strange
from sandbox.telling import Told, Update, notification
from storage import messages, quarantine, stores, webhooks
from storage.database import Database
from storage.messages import MessageStatus
from storage.tables import messages as table
from tests.api.calling import now
from tests.storage.keeping import DETAILS, NOW, STORE, a_config, key

MESSAGES = 40
NUMBER = a_config().whatsapp.phone_number_id


async def sent(database: Database) -> list[Sent]:
    """Messages that Meta accepted."""
    async with database.transaction() as connection:
        await stores.put(connection, STORE, a_config(), NOW)
        ids = [
            await messages.claim(connection, key(step), DETAILS, NOW) for step in range(MESSAGES)
        ]
        for each in ids:
            accepted = {"status": MessageStatus.ACCEPTED, "provider_id": f"wamid.{each}"}
            await messages.settle(connection, each, NOW, accepted)
    return [
        Sent(NUMBER, phone(number), f"wamid.{each}", each, answered=True)
        for number, each in enumerate(ids)
    ]


def received(each: Sent) -> Received:
    return Received(
        at=NOW,
        method="POST",
        path="/1055/messages",
        headers={},
        body={"to": each.to, "biz_opaque_callback_data": each.callback_data},
        status=200,
        answer=None,
        message_id=each.wamid,
    )


def in_batches(chance: random.Random, said: Sequence[Said]) -> Iterator[list[Update]]:
    """As they come due, so many at a time, and now and then a batch twice."""
    due = iter(sorted(said, key=lambda each: each.after or 0))
    while batch := [each.update for each in itertools.islice(due, chance.randint(1, 12))]:
        chance.shuffle(batch)
        yield from [batch] * chance.choice((1, 1, 1, 2))


@pytest.mark.parametrize("seed", range(5))
async def test_ledger_says_the_truth_of_a_strange_meta(database: Database, seed: int) -> None:
    strange, all_sent = Strange(seed), await sent(database)
    said = [said for each in all_sent for said in strange.said_of(each, now())]
    batches = list(in_batches(random.Random(seed), said))
    async with database.transaction() as connection:
        for batch in batches:
            await webhooks.add(connection, notification(batch), now())

    while await WebhookProcessor(database, Metrics(), now).sweep():
        pass

    async with database.reading() as connection:
        found = await connection.execute(select(table.c.message_id, table.c.status))
        status = {row[0]: MessageStatus(row[1]) for row in found}
        quarantined = await quarantine.size(connection)
    rows = [Row(str(s.callback_data), s.to, status[str(s.callback_data)], NOW) for s in all_sent]
    told = [Told(update=update, at=now()) for batch in batches for update in batch]
    proof = Proof(rows, [received(each) for each in all_sent], told, 0, quarantined)
    assert {line.what for line in proof.lines() if line.broken} == set()
    assert len(set(status.values())) > 3
    assert quarantined > 0

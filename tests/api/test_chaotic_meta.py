"""In whatever order a chaotic Meta posts updates, and however often, the ledger comes out right."""

import itertools
import random
from collections.abc import Iterator, Sequence
from datetime import timedelta

import pytest
from prometheus_client import CollectorRegistry
from sqlalchemy import select

from benchmarks.chaotic_meta_checks import ChaosChecks, MessageRow, quarantined_as_invalid
from benchmarks.meta_record import MetaRecord
from benchmarks.phones import phone_digits
from ingest.metrics import IngestMetrics
from ingest.webhook_processor import WebhookProcessor
from sandbox.chaos import ChaosPlan, ScheduledUpdate
from sandbox.chaos_updates import SentMessage
from sandbox.ledger import ReceivedRequest
from sandbox.webhook_payloads import DeliveredUpdate, WebhookUpdate, notification
from storage import messages, stores, webhooks
from storage.database import Database
from storage.messages import LedgerUpdate, MessageStatus
from storage.tables import messages as ledger
from tests.api.caller import now
from tests.storage.builders import DETAILS, NOW, STORE, a_config, key

pytestmark = pytest.mark.slow

MESSAGES = 40
PHONE_NUMBER_ID = a_config().whatsapp.phone_number_id


async def accepted_messages(database: Database) -> list[SentMessage]:
    """Messages that Meta accepted."""
    async with database.transaction() as connection:
        await stores.put(connection, STORE, a_config(), NOW)
        ids = [
            await messages.claim(connection, key(step), DETAILS, NOW) for step in range(MESSAGES)
        ]
        for each in ids:
            accepted = LedgerUpdate(MessageStatus.ACCEPTED, provider_id=f"wamid.{each}")
            await messages.settle(connection, each, NOW, accepted)
    return [
        SentMessage(PHONE_NUMBER_ID, phone_digits(number), f"wamid.{each}", each, answered=True)
        for number, each in enumerate(ids)
    ]


def request(message: SentMessage) -> ReceivedRequest:
    return ReceivedRequest(
        at=NOW,
        method="POST",
        path="/1055/messages",
        headers={},
        body={"to": message.to, "biz_opaque_callback_data": message.callback_data},
        status=200,
        answer=None,
        message_id=message.wamid,
    )


def batches(
    chance: random.Random, scheduled: Sequence[ScheduledUpdate]
) -> Iterator[list[WebhookUpdate]]:
    """Updates in the order in which they come due; now and then a batch twice."""
    due = iter(sorted(scheduled, key=lambda each: each.delay or timedelta(0)))
    while batch := [each.update for each in itertools.islice(due, chance.randint(1, 12))]:
        chance.shuffle(batch)
        yield from [batch] * chance.choice((1, 1, 1, 2))


@pytest.mark.parametrize("seed", range(5))
async def test_the_ledger_agrees_with_a_chaotic_meta(database: Database, seed: int) -> None:
    plan, sent = ChaosPlan(seed), await accepted_messages(database)
    scheduled = [update for message in sent for update in plan.updates(message, now())]
    posted = list(batches(random.Random(seed), scheduled))
    async with database.transaction() as connection:
        for batch in posted:
            await webhooks.add(connection, notification(batch), now())

    while await WebhookProcessor(database, IngestMetrics(CollectorRegistry()), now).sweep():
        pass

    async with database.reading() as connection:
        found = await connection.execute(select(ledger.c.message_id, ledger.c.status))
        status = {row[0]: MessageStatus(row[1]) for row in found}
        quarantined = await quarantined_as_invalid(connection)
    rows = [
        MessageRow(str(each.callback_data), each.to, status[str(each.callback_data)], NOW)
        for each in sent
    ]
    delivered = [DeliveredUpdate(update=each, at=now()) for batch in posted for each in batch]
    meta = MetaRecord([request(each) for each in sent], delivered)
    checks = ChaosChecks(rows, meta, unfinished=0, quarantined=quarantined)
    assert {figure.name for figure in checks.figures() if figure.broken} == set()
    assert len(set(status.values())) > 3
    assert quarantined > 0

from datetime import datetime

import httpx
from temporalio.testing import ActivityEnvironment

from activities.send_message import SendMessage
from domain.journey.activity_inputs import SendRequest
from domain.journey.activity_results import SendResult, SendStatus
from domain.journey.outcomes import Reason
from domain.journey.plan import make_plan
from domain.stores.config import StoreConfig
from partners.channels import ChannelClient
from storage import stores
from storage.database import Database
from tests.storage.builders import NOW, STORE, a_config, accept, an_event, later
from whatsapp.client import CloudApiClient

STEP = {"after": "1h", "template": "reminder", "language": "en"}


def accepted(_: httpx.Request) -> httpx.Response:
    return httpx.Response(200, json={"messages": [{"id": "wamid.1"}]})


async def send(database: Database, config: StoreConfig, person: int) -> SendResult:
    """One message, each person having a phone of their own, all at the same instant."""
    customer_id, event = f"c{person}", an_event(f"e{person}")
    body = {"customer": {"phone": f"+91987654321{person}"}}
    await accept(database, event, customer_id=customer_id, body=body)
    [step] = make_plan(config, event.kind, NOW, None).steps
    request = SendRequest(
        store_id=STORE,
        customer_id=customer_id,
        trigger_event_id=event.event_id,
        kind=event.kind,
        step=step,
    )
    async with httpx.AsyncClient(transport=httpx.MockTransport(accepted)) as http:
        meta = CloudApiClient(http, "https://meta.example")
        nobody = ChannelClient(http, _now, allow_private=False)
        sending = SendMessage(database, meta, nobody, _now)
        return await ActivityEnvironment().run(sending.send_message, request)


def _now() -> datetime:
    return NOW


async def test_a_number_sends_as_fast_as_its_store_says(database: Database) -> None:
    number = {"phone_number_id": "1055", "access_token": "token", "messages_per_second": 1}
    config = a_config(whatsapp=number, plans={"cart_update": [STEP]})
    async with database.transaction() as connection:
        await stores.put(connection, STORE, config, NOW)

    first, second = [await send(database, config, person) for person in range(2)]

    assert first.status is SendStatus.ACCEPTED
    assert (second.status, second.reason) == (SendStatus.DEFERRED, Reason.THROTTLED)
    assert second.until == later(1)

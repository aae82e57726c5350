"""Deliveries are counted by result, and every result is there from the start."""

from datetime import UTC, datetime

import httpx
import pytest
from prometheus_client import CollectorRegistry
from temporalio.testing import ActivityEnvironment

from activities.metrics import CLAIM_RESULTS, DeliveryMetrics, claim_result
from domain.journey.identity import CustomerRef
from storage import stores
from storage.claims import Claimed, Forbidden, Overtaken, Paced, Refusal
from storage.database import Database
from tests.activities.deliveries import delivering, first_delivery
from tests.storage.builders import NOW, STORE, a_config, accept, an_event, later

STEP = {"after": "1h", "template": "reminder", "language": "en"}
SENT = "comeback_send_duration_seconds_count"


@pytest.mark.parametrize(
    ("found", "label"),
    [
        (Claimed("m"), "claimed"),
        (Forbidden(Refusal.OPTED_OUT, {}), "opted_out"),
        (Overtaken(()), "overtaken"),
        (Paced(datetime.now(UTC)), "paced"),
        (object(), "unconfirmed"),
    ],
)
def test_a_claim_has_a_label_of_a_fixed_vocabulary(found: object, label: str) -> None:
    assert claim_result(found) == label
    assert label in CLAIM_RESULTS


def test_every_result_begins_with_zero() -> None:
    registry = CollectorRegistry()
    DeliveryMetrics(registry)

    for result in CLAIM_RESULTS:
        assert registry.get_sample_value("comeback_claims_total", {"result": result}) == 0
    unknown = {"by": "channel", "result": "unknown"}
    assert registry.get_sample_value(SENT, unknown) == 0


async def test_lateness_is_from_when_the_message_was_due(database: Database) -> None:
    config = a_config(plans={"cart_update": [STEP]})
    async with database.transaction() as connection:
        await stores.put(connection, STORE, config, NOW)
    event, registry = an_event("e1"), CollectorRegistry()
    await accept(database, event, customer_id="c1", body={"customer": {"phone": "+919876543211"}})
    request = first_delivery(CustomerRef(STORE, "c1"), config, event)
    late = (later(7200) - request.step.due_at).total_seconds()
    async with httpx.AsyncClient(transport=httpx.MockTransport(accepted)) as http:
        activity = delivering(database, http, lambda: later(7200), registry=registry)
        await ActivityEnvironment().run(activity.deliver, request)

    assert registry.get_sample_value("comeback_message_lateness_seconds_sum") == late
    assert registry.get_sample_value(SENT, {"by": "whatsapp", "result": "accepted"}) == 1


def accepted(_: httpx.Request) -> httpx.Response:
    return httpx.Response(200, json={"messages": [{"id": "wamid.1"}]})

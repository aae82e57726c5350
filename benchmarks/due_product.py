"""The product's journeys that wait for one instant."""

from contextlib import suppress
from datetime import timedelta
from typing import Any, Final

from benchmarks.due_result import DueMessages
from benchmarks.ingest_run import Ingest, load_plan, post_plan
from benchmarks.installation import RunningProduct
from benchmarks.journeys_waiting import wait_until_waiting, waiting_journeys
from benchmarks.waiting import Running, received_at, sleep_until, wait_until_none
from clock import utc_now
from workflows import names

BUFFER: Final = timedelta(seconds=1)
CONNECTIONS: Final = 16
META_MESSAGES_PER_SECOND: Final = 1000
"""The highest throughput of a number, so that Meta's limit is not what is measured."""

MARGIN: Final = timedelta(seconds=1)
"""Before the instant: by then the waiting journeys are counted."""


async def measure_product(
    product: RunningProduct, store_id: str, count: int, lead: timedelta
) -> DueMessages:
    """Have messages of a new store due `lead` from now, and wait until all journeys are closed."""
    sandbox, temporal = product.installation.sandbox.http, product.installation.temporal.client
    await sandbox.delete("/_sandbox")
    store = await product.add_store(store_id, **_config(lead))
    at = utc_now()
    plan = load_plan(product, store, Ingest(CONNECTIONS, count, events=1), at)
    posted = await post_plan(product, store_id, plan)
    with suppress(TimeoutError):
        await wait_until_waiting(temporal, store_id, count, at + lead - MARGIN - utc_now())
    before = product.meter.seconds()
    waiting = await waiting_journeys(temporal, store_id).count()
    await sleep_until(at + lead)
    product.meter.start()
    await wait_until_none(Running(temporal, names.WORKFLOW))
    return DueMessages(
        count=posted.answers.accepted,
        due=at + lead,
        waiting=waiting,
        sent_at=await received_at(sandbox),
        closed_at=utc_now(),
        processor_before=before,
        processor_due=product.meter.seconds(),
    )


def _config(lead: timedelta) -> dict[str, Any]:
    step = {"after": f"{lead.total_seconds():.0f}s", "template": "reminder", "language": "en"}
    number = {"phone_number_id": "1055", "messages_per_second": META_MESSAGES_PER_SECOND}
    return {
        "buffer": f"{BUFFER.total_seconds():.0f}s",
        "whatsapp": {**number, "access_token": "token"},
        "plans": {"cart_update": [step]},
    }

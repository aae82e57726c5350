"""An unforeseen failure is logged by where it happened, without what it was about."""

from typing import Any, NoReturn

import httpx
import pytest
from temporalio.testing import ActivityEnvironment

from domain.journey.identity import CustomerRef
from storage import stores
from storage.database import Database
from tests.activities.deliveries import delivering, first_delivery
from tests.storage.builders import NOW, STORE, a_config, accept, an_event, later
from whatsapp.client import CloudApiClient

NUMBER = "+919876543211"
STEP = {"after": "1h", "template": "reminder", "language": "en"}


async def fail(*arguments: Any) -> NoReturn:
    """Has the number in a local, and in its message."""
    raise ValueError(arguments)


async def test_an_unforeseen_failure_to_send_is_logged_without_the_number(
    database: Database, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(CloudApiClient, "send", fail)
    config, event = a_config(plans={"cart_update": [STEP]}), an_event("e1")
    async with database.transaction() as connection:
        await stores.put(connection, STORE, config, NOW)
    await accept(database, event, customer_id="c1", body={"customer": {"phone": NUMBER}})
    request = first_delivery(CustomerRef(STORE, "c1"), config, event)
    async with httpx.AsyncClient() as http:
        activity = delivering(database, http, lambda: later(7200))
        await ActivityEnvironment().run(activity.deliver, request)

    logged = "".join(capsys.readouterr())
    assert "sending failed unexpectedly" in logged
    assert "ValueError" in logged
    assert "test_unforeseen_failures.py:" in logged
    assert NUMBER[1:] not in logged

"""The partner of the demo: posts what customers do, and answers the Exit API about it."""

import asyncio
import uuid
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from cli.demo.denim_co import STORE_ID, denim_co
from cli.demo.scenarios import CustomerAction, Scenario
from cli.demo.templates import WABA_ID, listed_templates
from cli.errors import CommandError
from cli.stack import Stack
from sandbox.samples import fresh

_TRIES, _RETRY_INTERVAL = 10, timedelta(seconds=0.5)
_EXIT_API_FIELDS = ("event_name", "sub_event_name", "timestamp")


class DemoPartner:
    """A partner whose customers act as the scenarios say."""

    def __init__(self, api: httpx.AsyncClient, sandbox: httpx.AsyncClient, key: str) -> None:
        """Post with the store's key, and keep the sandbox's Exit API up to date."""
        self._api = api
        self._sandbox = sandbox
        self._key = key
        self._exit_api_events: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
        self.actions: defaultdict[str, list[str]] = defaultdict(list)
        """Descriptions of what each customer did so far, by customer id."""

    async def perform(self, scenario: Scenario) -> None:
        """Do everything that a customer does, each at its time.

        Raises:
            CommandError: the API did not accept an event.
        """
        if scenario.meta_error is not None:
            await self._fail_at_meta(scenario)
        for action in scenario.actions:
            await asyncio.sleep(action.delay.total_seconds())
            event = _event(scenario, action)
            await self._update_exit_api(scenario, event)
            self.actions[scenario.customer_id].append(action.description)
            if not action.only_in_exit_api:
                await self._post(event)

    async def _fail_at_meta(self, scenario: Scenario) -> None:
        to = scenario.phone.lstrip("+")
        fault = {"fault": "error", "code": scenario.meta_error, "to": to}
        (await self._sandbox.post("/_sandbox/faults", json=fault)).raise_for_status()

    async def _update_exit_api(self, scenario: Scenario, event: dict[str, Any]) -> None:
        """A partner's own API knows every event that the partner posts, the trigger included."""
        events = self._exit_api_events[scenario.customer_id]
        events.append({name: event[name] for name in _EXIT_API_FIELDS if name in event})
        path = f"/partner/_sandbox/customers/{scenario.customer_id}/events"
        (await self._sandbox.put(path, json=events)).raise_for_status()

    async def _post(self, event: dict[str, Any]) -> None:
        """Post until it is answered 202; the same `event_id` makes that safe."""
        for _ in range(_TRIES):
            response = await self._try_to_post(event)
            if response is not None and response.status_code == httpx.codes.ACCEPTED:
                return
            await asyncio.sleep(_RETRY_INTERVAL.total_seconds())
        reason = response.text if response is not None else "no answer"
        raise CommandError(f"{event['event_name']} was not accepted: {reason}")

    async def _try_to_post(self, event: dict[str, Any]) -> httpx.Response | None:
        headers = {"Authorization": f"Bearer {self._key}"}
        path = f"/v1/stores/{STORE_ID}/events"
        try:
            return await self._api.post(path, json=event, headers=headers)
        except httpx.TransportError:
            return None


def _event(scenario: Scenario, action: CustomerAction) -> dict[str, Any]:
    return fresh(
        action.sample,
        event_id=str(uuid.uuid4()),
        customer_id=scenario.customer_id,
        at=datetime.now(UTC) - action.age,
        name=scenario.name,
        phone=scenario.phone,
        email=f"{scenario.name.lower()}@example.com",
        **action.changes,
    )


async def register_store(
    stack: Stack, api: httpx.AsyncClient, sandbox: httpx.AsyncClient
) -> DemoPartner:
    """Register the store as an operator, and give its key to a partner.

    Raises:
        CommandError: the API did not create it, or its templates do not fit.
    """
    account = {"waba_id": WABA_ID, "templates": listed_templates()}
    (await sandbox.put("/_sandbox/templates", json=account)).raise_for_status()
    config = denim_co(str(sandbox.base_url).rstrip("/"))
    response = await api.put(
        f"/v1/stores/{STORE_ID}",
        json={**config, "whatsapp": {**config["whatsapp"], "waba_id": WABA_ID}},
        headers={"Authorization": f"Bearer {stack.token}"},
    )
    if response.status_code != httpx.codes.CREATED:
        raise CommandError(f"{STORE_ID} was not created: {response.status_code} {response.text}")
    created = response.json()
    _require_fit(created["warnings"])
    return DemoPartner(api, sandbox, created["api_key"])


def _require_fit(warnings: list[dict[str, Any]]) -> None:
    wrong = [each["message"] for each in warnings if each["type"].startswith("template")]
    if wrong:
        raise CommandError(f"the templates do not fit: {'; '.join(wrong)}")

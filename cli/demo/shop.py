"""The partner of the demo: posts what customers do, and answers the Exit API about it."""

import asyncio
import uuid
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from cli.demo.denim_co import STORE_ID, denim_co
from cli.demo.stories import Deed, Story
from cli.errors import CommandError
from cli.stack import Stack
from sandbox.samples import fresh

_TRIES, _AGAIN_AFTER = 10, timedelta(seconds=0.5)
_KNOWN_TO_EXIT_API = ("event_name", "sub_event_name", "timestamp")


class Shop:
    """A partner whose customers live through the demo's stories."""

    def __init__(self, api: httpx.AsyncClient, sandbox: httpx.AsyncClient, key: str) -> None:
        """Post with the store's key, and keep the stand-in's memory up to date."""
        self._api = api
        self._sandbox = sandbox
        self._key = key
        self._known: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
        self.told: defaultdict[str, list[str]] = defaultdict(list)
        """What each customer did so far."""

    async def live(self, story: Story) -> None:
        """Do everything that a customer does, each at its time."""
        if story.meta_refuses is not None:
            await self._let_meta_refuse(story)
        for deed in story.deeds:
            await asyncio.sleep(deed.pause.total_seconds())
            event = _event(story, deed)
            await self._remember(story, event)
            self.told[story.customer_id].append(deed.told)
            if not deed.only_the_partner_knows:
                await self._post(event)

    async def _let_meta_refuse(self, story: Story) -> None:
        refusal = {"fault": "error", "code": story.meta_refuses, "to": story.phone.lstrip("+")}
        (await self._sandbox.post("/_sandbox/faults", json=refusal)).raise_for_status()

    async def _remember(self, story: Story, event: dict[str, Any]) -> None:
        """A partner's own API knows whatever it posts, and the trigger is among it."""
        known = self._known[story.customer_id]
        known.append({name: event[name] for name in _KNOWN_TO_EXIT_API if name in event})
        path = f"/partner/_sandbox/customers/{story.customer_id}/events"
        (await self._sandbox.put(path, json=known)).raise_for_status()

    async def _post(self, event: dict[str, Any]) -> None:
        """Post until it is answered 202; the same `event_id` makes that safe."""
        for _ in range(_TRIES):
            answer = await self._try(event)
            if answer is not None and answer.status_code == httpx.codes.ACCEPTED:
                return
            await asyncio.sleep(_AGAIN_AFTER.total_seconds())
        told = answer.text if answer is not None else "no answer"
        raise CommandError(f"{event['event_name']} was not accepted: {told}")

    async def _try(self, event: dict[str, Any]) -> httpx.Response | None:
        headers = {"Authorization": f"Bearer {self._key}"}
        try:
            return await self._api.post(
                f"/v1/stores/{STORE_ID}/events", json=event, headers=headers
            )
        except httpx.TransportError:
            return None


def _event(story: Story, deed: Deed) -> dict[str, Any]:
    return fresh(
        deed.sample,
        event_id=str(uuid.uuid4()),
        customer_id=story.customer_id,
        at=datetime.now(UTC) - deed.earlier,
        name=story.name,
        phone=story.phone,
        email=f"{story.name.lower()}@example.com",
        **deed.changes,
    )


async def open_shop(stack: Stack, api: httpx.AsyncClient, sandbox: httpx.AsyncClient) -> Shop:
    """Register the store as an operator, and take its key as the partner.

    Raises:
        CommandError: the API did not create it.
    """
    answer = await api.put(
        f"/v1/stores/{STORE_ID}",
        json=denim_co(str(sandbox.base_url).rstrip("/")),
        headers={"Authorization": f"Bearer {stack.token}"},
    )
    if answer.status_code != httpx.codes.CREATED:
        raise CommandError(f"{STORE_ID} was not created: {answer.status_code} {answer.text}")
    return Shop(api, sandbox, answer.json()["api_key"])

"""What operators do meanwhile: put stores, pause and resume, end journeys, ask why."""

import asyncio
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import httpx
from pydantic import BaseModel

from benchmarks.chaos.caller import Answered, Caller
from benchmarks.chaos.customers import Customer, StoreId
from benchmarks.chaos.stack import ADMIN_TOKEN
from benchmarks.chaos.stores import config_of
from clock import utc_now

ADMIN: Final = {"Authorization": f"Bearer {ADMIN_TOKEN}"}
EXIT_FOR: Final = 20.0
"""Seconds. A customer without an open journey by then has none to be ended."""


@dataclass(frozen=True)
class Pause:
    """A time in which a store was paused for certain."""

    acknowledged: datetime
    resuming: datetime
    """Before the call to resume."""


@dataclass
class Operator:
    """Calls with the admin token, and the controls of the stand-ins."""

    caller: Caller
    stand_ins: httpx.AsyncClient
    keys: dict[str, str] = field(default_factory=dict)
    pauses: defaultdict[str, list[Pause]] = field(default_factory=lambda: defaultdict(list))

    async def put_stores(self) -> None:
        """Register every store, and keep its key."""
        for store_id in StoreId:
            config = config_of(store_id, str(self.stand_ins.base_url).rstrip("/"), utc_now())
            answer = await self._call("PUT", f"/v1/stores/{store_id}", json=config)
            self.keys[store_id] = answer.body["api_key"]

    async def pause_for(self, store_id: StoreId, seconds: float) -> None:
        """Pause a store, and resume it, also when interrupted."""
        acknowledged = (await self._call("POST", f"/v1/stores/{store_id}/pause")).at
        try:
            await asyncio.sleep(seconds)
        finally:
            resuming = utc_now()
            await self._call("POST", f"/v1/stores/{store_id}/resume")
            self.pauses[store_id].append(Pause(acknowledged, resuming))

    async def exit(self, customer: Customer) -> Answered:
        """End a customer's journey."""
        path = f"{self._journey(customer)}/exit"
        return await self._call("POST", path, until=EXIT_FOR)

    async def explanation(self, customer: Customer) -> dict[str, Any] | None:
        """Why a customer's last journey went as it did; None: the product does not say."""
        body: dict[str, Any] | None
        body = (await self._call("GET", self._journey(customer), until=0)).body
        return body

    async def see(self, customer: Customer, at: datetime) -> None:
        """The partner knows an event of a customer that is not pushed to us."""
        event = {"event_name": "cart_update", "timestamp": at.isoformat()}
        path = f"/partner/_sandbox/customers/{customer.customer_id}/events"
        await self._control("PUT", path, [event])

    async def queue_fault(self, path: str, fault: BaseModel) -> None:
        """The next request to a stand-in fails."""
        await self._control("POST", path, fault.model_dump(mode="json"))

    async def _control(self, method: str, path: str, content: Any) -> None:
        """Call a stand-in, which may be frozen."""
        while True:
            try:
                answer = await self.stand_ins.request(method, path, json=content)
            except httpx.TransportError:
                continue
            answer.raise_for_status()
            return

    async def _call(self, method: str, path: str, **more: Any) -> Answered:
        return await self.caller.call(method, path, headers=ADMIN, **more)

    @staticmethod
    def _journey(customer: Customer) -> str:
        return f"/v1/stores/{customer.store_id}/journeys/{customer.customer_id}"

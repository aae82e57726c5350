"""Customers act out their scripts; partner and Meta tell the product, again until it has it."""

import asyncio
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from benchmarks.chaos.caller import Answered, Caller
from benchmarks.chaos.customers import EVENTS, Act, Customer, Doing
from benchmarks.chaos.operator import Operator
from benchmarks.chaos.stack import APP_SECRET
from benchmarks.chaos.stores import phone_number_id
from clock import utc_now
from sandbox.samples import fresh
from sandbox.webhook_payloads import UpdateField, WebhookUpdate, notification, signature


@dataclass(frozen=True)
class AnsweredAct:
    """One doing of a customer, and the product's answer."""

    customer: Customer
    doing: Doing
    number: int
    happened: datetime
    answer: Answered

    @property
    def event_id(self) -> str:
        """Of an event."""
        return self.customer.event_id(self.number)


@dataclass
class Shoppers:
    """Runs customers, and remembers what the product was told."""

    caller: Caller
    operator: Operator
    answered: list[AnsweredAct] = field(default_factory=list)

    async def run(self, customers: Iterable[Customer]) -> None:
        """Have all of them act; returns when the product has been told everything."""
        began = time.monotonic()
        async with asyncio.TaskGroup() as group:
            for customer in customers:
                group.create_task(self._act_out(customer, began + customer.begins_at))

    async def _act_out(self, customer: Customer, begins_at: float) -> None:
        """Each act at its time, also while an earlier one is still being told."""
        await asyncio.sleep(max(0.0, begins_at - time.monotonic()))
        began = utc_now()
        async with asyncio.TaskGroup() as group:
            for number, doing in enumerate(customer.doings):
                await self._until(began + timedelta(seconds=doing.after))
                happened = began + timedelta(seconds=doing.after - doing.late)
                acting = self._tell(customer, doing, number, happened)
                if doing.act is Act.SEEN:  # the partner knows it before it is asked
                    await acting
                else:
                    group.create_task(acting)

    @staticmethod
    async def _until(when: datetime) -> None:
        await asyncio.sleep(max(0.0, (when - utc_now()).total_seconds()))

    async def _tell(
        self, customer: Customer, doing: Doing, number: int, happened: datetime
    ) -> None:
        if doing.act is Act.SEEN:
            await self.operator.see(customer, happened)
            return
        for _ in range(doing.times):
            answer = await self._once(customer, doing, number, happened)
            self.answered.append(AnsweredAct(customer, doing, number, happened, answer))

    async def _once(
        self, customer: Customer, doing: Doing, number: int, happened: datetime
    ) -> Answered:
        if doing.act in EVENTS:
            return await self._post_event(customer, doing.act, number, happened)
        if doing.act is Act.EXIT:
            return await self.operator.exit(customer)
        return await self._post_stop(customer)

    async def _post_event(
        self, customer: Customer, act: Act, number: int, happened: datetime
    ) -> Answered:
        return await self.caller.call(
            "POST",
            f"/v1/stores/{customer.store_id}/events",
            headers={"Authorization": f"Bearer {self.operator.keys[customer.store_id]}"},
            json=event_of(customer, act, number, happened),
        )

    async def _post_stop(self, customer: Customer) -> Answered:
        content = {
            "id": f"wamid.stop-{customer.number}",
            "from": customer.digits,
            "timestamp": str(int(utc_now().timestamp())),
            "type": "text",
            "text": {"body": "STOP"},
        }
        update = WebhookUpdate(
            phone_number_id=phone_number_id(customer.store_id),
            field=UpdateField.MESSAGES,
            content=content,
        )
        body = notification([update])
        headers = signature(body, APP_SECRET)
        return await self.caller.call("POST", "/webhooks/whatsapp", headers=headers, content=body)


def event_of(customer: Customer, act: Act, number: int, happened: datetime) -> dict[str, Any]:
    """What the partner posts."""
    sample = Act.VIEW if act is Act.ORDER else act
    ordered = {"event_name": "order_placed", "event_data": {"order_id": f"order-{number}"}}
    return fresh(
        sample,
        event_id=customer.event_id(number),
        customer_id=customer.customer_id,
        at=happened,
        **customer.personal,
        **(ordered if act is Act.ORDER else {}),
    )

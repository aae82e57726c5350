"""Meta as a caller of the API, and the messages that its statuses are about."""

import hashlib
import hmac
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx

from domain.customers.identity import keyed_hash
from domain.journey.later_events import JourneySubject, review
from domain.journey.policy import JourneyPolicy
from storage import claim_transaction, messages, stores
from storage.claims import Claim, Claimed, Forbidden, Refusal
from storage.messages import LedgerUpdate, MessageKey
from tests.api.caller import Caller, Shop, now
from tests.storage.builders import an_event
from tests.whatsapp.webhook_samples import change, notification, status

URL = "/webhooks/whatsapp"
SECRET = "app"
META_SETTINGS = {"meta_app_secret": SECRET, "meta_verify_token": "verify"}


def signature(raw: bytes, secret: str = SECRET) -> dict[str, str]:
    digest = hmac.new(secret.encode(), raw, hashlib.sha256).hexdigest()
    return {"X-Hub-Signature-256": f"sha256={digest}"}


@dataclass(frozen=True)
class Meta:
    """Posts signed notifications, and looks at what became of messages."""

    caller: Caller

    async def store(self, number: str, **changes: Any) -> Shop:
        """A store that has this number at Meta."""
        whatsapp = {"phone_number_id": number, "access_token": "token"}
        return await self.caller.new_store(whatsapp=whatsapp, frequency_cap=None, **changes)

    async def post(self, number: str, **value: Any) -> None:
        """Post one notification of a number and have it processed."""
        metadata = {"display_phone_number": "1555", "phone_number_id": number}
        body = notification(change(**{"metadata": metadata} | value))
        assert (await self.send(json.dumps(body).encode())).status_code == 200
        await self.processed()

    async def send(self, raw: bytes) -> httpx.Response:
        return await self.caller.http.post(URL, content=raw, headers=signature(raw))

    async def processed(self) -> None:
        """Process what is stored, without waiting for the API's own interval."""
        await until(self._is_processed)

    async def _is_processed(self) -> bool:
        await self.caller.services.webhooks.sweep()
        return await self.metric("comeback_webhook_oldest_seconds") == 0

    async def metric(self, name: str) -> float:
        lines = (await self.caller.http.get("/metrics")).text.splitlines()
        values = dict(line.rsplit(" ", 1) for line in lines if not line.startswith("#"))
        return float(values.get(name, 0))

    async def results(self, kind: str, result: str) -> float:
        return await self.metric(
            f'comeback_webhook_updates_total{{kind="{kind}",result="{result}"}}'
        )

    async def claim(self, shop: Shop, phone: str = "+919876543210", step: int = 1) -> str | None:
        """The id of a claimed message; None when the number opted out."""
        async with self.caller.database.transaction() as connection:
            store = await stores.existing(connection, shop.store_id)
            wanted = Claim(
                key=MessageKey(shop.store_id, shop.customer_id, "e1", step),
                kind="cart_update",
                subject=JourneySubject(an_event("e1"), now(), JourneyPolicy()),
                review=review,
                template="cart_reminder",
                address_hash=keyed_hash(store.hash_key, phone),
                due_at=now(),
                phone_number_id=store.config.whatsapp.phone_number_id,
            )
            claimed_at = now() + timedelta(minutes=-10, seconds=10 * step)
            answer = await claim_transaction.claim(connection, wanted, claimed_at)
        if answer == Forbidden(Refusal.OPTED_OUT, {}):
            return None
        assert isinstance(answer, Claimed)
        return answer.message_id

    async def settle(self, message_id: str, **values: Any) -> None:
        async with self.caller.database.transaction() as connection:
            await messages.settle(connection, message_id, now(), LedgerUpdate(**values))


async def until(holds: Callable[[], Awaitable[bool]]) -> None:
    """Repeat a check until it holds; it awaits I/O, so other tasks go on."""
    for _ in range(2000):
        if await holds():
            return
    raise AssertionError("the check never held")


async def listed(shop: Shop, **query: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = (await shop.get("messages", params=query)).json()["messages"]
    return rows


def echo(message_id: str | None, name: str = "sent", **more: Any) -> dict[str, Any]:
    """A status of a message of ours, with what Meta echoes."""
    wamid = f"wamid.{message_id}"
    return status(name, wamid, biz_opaque_callback_data=message_id, **more)

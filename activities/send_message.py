"""Sending one message, at most once: render, claim, post, and write down what became of it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection
from temporalio import activity

from activities import verdicts
from activities.clock import Clock
from activities.verdicts import Settlement
from domain import consent, phones
from domain.answers import SendAnswer, SendStatus
from domain.identity import keyed_hash
from domain.liquid import MergeFieldError
from domain.outcomes import Reason
from domain.questions import SendRequest
from domain.rendering import RenderedMessage, merge_fields, render
from domain.schedule import due_at
from storage import claims, holds, inbox, messages, opt_outs, stores, template_holds
from storage.claims import Claim, Claimed
from storage.database import Database
from storage.holds import Hold
from storage.messages import MessageKey
from storage.stores import Store
from whatsapp.client import WhatsAppClient
from whatsapp.payload import template_payload

UNDER_WAY = timedelta(seconds=30)
"""How long it may take from here until a request is written: locks, a slow database."""

log = structlog.get_logger()


@dataclass(frozen=True)
class _Letter:
    """A message ready to go: what it says, to whom, and for whom it is claimed."""

    store: Store
    address: str
    rendered: RenderedMessage
    claim: Claim


class SendMessage:
    """Meta's Cloud API, behind the ledger."""

    def __init__(self, database: Database, whatsapp: WhatsAppClient, clock: Clock) -> None:
        """Send through this client what this database's ledger allows."""
        self._database = database
        self._whatsapp = whatsapp
        self._clock = clock

    @activity.defn
    async def send_message(self, request: SendRequest) -> SendAnswer:
        """Send a message unless anything speaks against it, or it was sent before.

        Raises:
            ApplicationError: `NotSent`, when Meta provably has nothing and it may be tried again.
        """
        letter = await self._write(request)
        if isinstance(letter, SendAnswer):
            return letter
        async with self._database.transaction() as connection:
            claimed = await claims.claim(connection, letter.claim, self._clock())
        if not isinstance(claimed, Claimed):
            return verdicts.not_claimed(claimed)
        return await self._post(letter, claimed.message_id)

    async def _write(self, request: SendRequest) -> _Letter | SendAnswer:
        """Render the message from the trigger as it was posted; or say why it cannot be."""
        async with self._database.reading() as connection:
            store = await stores.existing(connection, request.store_id)
            body = await inbox.body(connection, request.store_id, request.trigger_event_id) or {}
        address = phones.address_in(body, store.config.default_region)
        if address is None:
            return SendAnswer(status=SendStatus.ENDED, reason=Reason.NO_ADDRESS)
        if store.config.consent == "required" and not consent.is_granted(body):
            return SendAnswer(status=SendStatus.ENDED, reason=Reason.NO_CONSENT)
        if (until := self._quiet_until(store, address)) is not None:
            return SendAnswer(status=SendStatus.DEFERRED, reason=Reason.QUIET_HOURS, until=until)
        try:
            rendered = render(request.step.step, merge_fields(body, store.config.name))
        except MergeFieldError as error:
            return SendAnswer(
                status=SendStatus.SKIPPED,
                reason=Reason.MISSING_MERGE_FIELD,
                evidence={"field": error.field},
            )
        return _Letter(store, address, rendered, _claim(request, store, address))

    def _quiet_until(self, store: Store, address: str) -> datetime | None:
        """A message may come late, after an outage: the customer's night is looked at again.

        Also a night that would begin before the request is written.
        """
        soon = self._clock() + UNDER_WAY
        zone = phones.time_zone_of(address) or store.config.timezone
        until = due_at(soon, store.config.quiet_hours, zone)
        return until if until > soon else None

    async def _post(self, letter: _Letter, message_id: str) -> SendAnswer:
        number = letter.store.config.whatsapp
        outcome = await self._whatsapp.send(
            phone_number_id=number.phone_number_id,
            access_token=number.access_token.get_secret_value(),
            endpoint=number.endpoint,
            payload=template_payload(letter.rendered, letter.address, message_id),
        )
        attempt = activity.info().attempt
        settlement = verdicts.settle(outcome, message_id, self._clock(), attempt)
        await self._settle(letter, message_id, settlement)
        if isinstance(settlement.answer, SendAnswer):
            return settlement.answer
        raise settlement.answer

    async def _settle(self, letter: _Letter, message_id: str, settlement: Settlement) -> None:
        """Write the outcome down, and everything that follows from it, in one transaction."""
        now, key = self._clock(), letter.claim.key
        async with self._database.transaction() as connection:
            await messages.settle(connection, message_id, now, settlement.ledger)
            if settlement.suppress:
                hashed = letter.claim.address_hash
                await opt_outs.opt_out(connection, key.store_id, hashed, "told by Meta", now)
            await self._hold(connection, letter.claim, settlement, now)

    async def _hold(
        self, connection: AsyncConnection, claim: Claim, settlement: Settlement, now: datetime
    ) -> None:
        """What would fail for every message of the store, or with the template, holds them."""
        key = claim.key
        hold = Hold(key.store_id, key.customer_id, now)
        if (because := settlement.pause_because) is not None:
            await stores.pause(connection, key.store_id, now, because)
            await holds.add(connection, hold, because)
            log.error("store paused", store_id=key.store_id, because=because)
        if (because := settlement.hold_template_because) is not None:
            await template_holds.add(connection, key.store_id, claim.template, because, now)
            await holds.add(connection, hold, because, claim.template)
            log.error("template held", store_id=key.store_id, template=claim.template)


def _claim(request: SendRequest, store: Store, address: str) -> Claim:
    key = MessageKey(
        request.store_id, request.customer_id, request.trigger_event_id, request.step.number
    )
    number = store.config.whatsapp
    return Claim(
        key=key,
        kind=request.kind,
        template=request.step.step.template,
        address_hash=keyed_hash(store.hash_key, address),
        due_at=request.step.due_at,
        phone_number_id=number.phone_number_id,
        messages_per_second=number.messages_per_second,
    )

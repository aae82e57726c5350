"""Checking stores' templates: at a PUT, on demand, and once a day."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import structlog
from pydantic import ValidationError
from sqlalchemy.ext.asyncio import AsyncConnection

from clock import Clock
from domain.messages.approved_templates import ApprovedTemplate
from domain.stores.config import StoreConfig
from domain.stores.planned_messages import planned_templates
from domain.stores.template_fit import KnownTemplates
from operations.template_states import apply_status
from storage import approved_templates, stores, template_checks
from storage.database import Database
from storage.secret_cipher import SecretCipherError
from whatsapp.template_list import (
    AT_ONCE,
    IN_BACKGROUND,
    TemplateList,
    TemplatesUnavailableError,
)

CHECK_INTERVAL: Final = timedelta(days=1)
RETRY_INTERVAL: Final = timedelta(hours=1)
CLOCK_MARGIN: Final = timedelta(minutes=1)
"""What a list says counts as of so long before it was asked for: Meta's notifications have whole
seconds of another clock, and the list may lag behind them."""

LEASE: Final = timedelta(minutes=5)
"""Longer than a check takes; when its process dies another begins after that."""

log = structlog.get_logger()


@dataclass(frozen=True)
class ListedTemplates:
    """What Meta answered, and when it was asked."""

    templates: Sequence[ApprovedTemplate]
    asked_at: datetime
    failure: str | None = None

    def known(self) -> KnownTemplates:
        """What it comes to without anything that was known before."""
        checked_at = self.asked_at if self.failure is None else None
        return KnownTemplates(self.templates, checked_at, self.failure)


async def known_templates(connection: AsyncConnection, store_id: str) -> KnownTemplates:
    """What the database has of a store's templates."""
    state = await template_checks.read(connection, store_id)
    templates = await approved_templates.listed(connection, store_id)
    return KnownTemplates(templates, state.checked_at, state.because)


class TemplateChecker:
    """Asks Meta for the templates of stores, and holds those that Meta holds."""

    def __init__(self, database: Database, templates: TemplateList, clock: Clock) -> None:
        """Ask through this client, and write to this database."""
        self._database = database
        self._templates = templates
        self._clock = clock

    async def read(
        self, config: StoreConfig, within: timedelta = AT_ONCE
    ) -> ListedTemplates | None:
        """What Meta lists for a configuration; None: it has no `waba_id`. Changes nothing."""
        asked_at = self._clock()
        if config.whatsapp.waba_id is None:
            return None
        try:
            templates = await self._templates.read(config.whatsapp, within)
        except TemplatesUnavailableError as error:
            return ListedTemplates((), asked_at, str(error))
        used = {each.template for _, each in planned_templates(config)}
        return ListedTemplates([each for each in templates if each.name in used], asked_at)

    async def check(self, store_id: str, within: timedelta = AT_ONCE) -> None:
        """Check the templates of a store, which exists."""
        async with self._database.reading() as connection:
            config = (await stores.existing(connection, store_id)).config
        listed = await self.read(config, within)
        async with self._database.transaction() as connection:
            current = (await stores.existing(connection, store_id, for_share=True)).config
            if current.whatsapp == config.whatsapp:  # or else its PUT has asked for itself
                await record(connection, store_id, current, listed)

    async def check_due(self) -> None:
        """Check every store whose last check is a day old, in this process or another.

        A store that cannot be read waits for the end of its lease, and holds up no other.
        """
        while (store_id := await self._lease()) is not None:
            try:
                await self.check(store_id, IN_BACKGROUND)
            except (ValidationError, SecretCipherError) as error:
                because = type(error).__name__
                log.error("templates not checked", store_id=store_id, because=because)  # noqa: TRY400  # a traceback of a ValidationError has the values

    async def _lease(self) -> str | None:
        now = self._clock()
        async with self._database.reading() as connection:
            if not await template_checks.is_due(connection, now):
                return None
        async with self._database.transaction() as connection:
            return await template_checks.lease_due(connection, now, now + LEASE)


async def record(
    connection: AsyncConnection, store_id: str, config: StoreConfig, listed: ListedTemplates | None
) -> None:
    """Write what Meta listed, hold what Meta holds, and release what it approved again.

    Args:
        connection: of a writing transaction.
        store_id: whose templates.
        config: the store's, as it is now.
        listed: None: it has no `waba_id`, and nothing is checked any more.
    """
    if listed is None or config.whatsapp.waba_id is None:
        await template_checks.remove(connection, store_id)
        await approved_templates.remove(connection, store_id)
        return
    asked_at, failed = listed.asked_at, listed.failure is not None
    due_at = asked_at + (RETRY_INTERVAL if failed else CHECK_INTERVAL)
    if await template_checks.put(connection, store_id, config.whatsapp.waba_id, due_at):
        await approved_templates.remove(connection, store_id)  # those of another account
    await template_checks.record(connection, store_id, asked_at, listed.failure, due_at)
    if failed:
        log.warning("templates not checked", store_id=store_id, because=listed.failure)
        return
    as_of = asked_at - CLOCK_MARGIN
    written = await approved_templates.replace(connection, store_id, listed.templates, as_of)
    for each in written:
        await apply_status(connection, store_id, config, each, as_of)

"""Templates that fail for one person after another: they are held before they fail for more."""

from datetime import datetime
from typing import Final

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from storage import template_failures, template_holds
from storage.template_holds import HeldBy

MAX_IN_A_ROW: Final = 3
"""Different people. One person's data can break a message; that of three in a row hardly."""

log = structlog.get_logger()


async def note(
    connection: AsyncConnection,
    template: tuple[str, str, str],
    address_hash: str,
    because: str,
    now: datetime,
) -> None:
    """Note that a template does not match what is sent with it, and hold it if it goes on so.

    Args:
        connection: of the transaction that records the failure.
        template: its store, name and language.
        address_hash: of the person whose message failed.
        because: Meta's code and words, for operators.
        now: when it failed.
    """
    in_a_row = await template_failures.add(connection, template, address_hash, now)
    if in_a_row < MAX_IN_A_ROW:
        return
    store_id, name, language = template
    reason = f"{in_a_row} people in a row: {because}"
    if await template_holds.add(
        connection, store_id, name, reason, now, language=language, by=HeldBy.ERRORS
    ):
        log.error("template held after errors", store_id=store_id, template=name)

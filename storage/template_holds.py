"""Held templates: journeys with them hold until the template may be sent again.

A template is a name and a language. What Meta itself holds goes on when Meta approves it again;
what was held after errors goes on when the store is resumed.
"""

from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import bindparam, delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.database import insert_new
from storage.tables import template_holds

HELD = "the template is held; the store's state says why"
"""What a journey is told: the reason has Meta's words, and those stay out of histories."""

ALL_LANGUAGES = ""
MAX_BECAUSE = 256


_BECAUSE: Final = (
    select(template_holds.c.because)
    .where(
        template_holds.c.store_id == bindparam("of_store"),
        template_holds.c.template == bindparam("of_template"),
    )
    .limit(1)
)
_BECAUSE_IN: Final = _BECAUSE.where(
    template_holds.c.language.in_(bindparam("languages", expanding=True))
)


class HeldBy(StrEnum):
    """What held a template."""

    META = "meta"
    """Meta paused, disabled or rejected it."""
    ERRORS = "errors"
    """It failed for several people in a row."""


async def add(  # noqa: PLR0913  # a row's columns
    connection: AsyncConnection,
    store_id: str,
    template: str,
    because: str,
    now: datetime,
    *,
    language: str = ALL_LANGUAGES,
    by: HeldBy = HeldBy.META,
) -> bool:
    """Hold a template of a store; a second time changes nothing.

    Returns:
        Whether it was not held before.
    """
    values = {
        "store_id": store_id,
        "template": template,
        "language": language,
        "held_by": by,
        "because": because[:MAX_BECAUSE],
        "held_at": now,
    }
    return await insert_new(connection, template_holds, values) is not None


async def because(
    connection: AsyncConnection, store_id: str, template: str, language: str | None = None
) -> str | None:
    """Why a template is held, or None when it is not; without a language: in any."""
    what = {"of_store": store_id, "of_template": template}
    found = (
        await connection.execute(_BECAUSE, what)
        if language is None
        else await connection.execute(_BECAUSE_IN, {**what, "languages": [ALL_LANGUAGES, language]})
    )
    reason: str | None = found.scalar()
    return reason


async def listed(connection: AsyncConnection, store_id: str) -> list[dict[str, Any]]:
    """A store's held templates, oldest first."""
    names = ("template", "language", "held_by", "because", "held_at")
    columns = [template_holds.c[name] for name in names]
    query = select(*columns).where(template_holds.c.store_id == store_id)
    found = await connection.execute(query.order_by(template_holds.c.held_at))
    return [dict(row) for row in found.mappings()]


async def lift(connection: AsyncConnection, store_id: str) -> None:
    """Let every template of a store be sent again."""
    await connection.execute(delete(template_holds).where(template_holds.c.store_id == store_id))


async def lift_approved(
    connection: AsyncConnection, store_id: str, template: str, language: str, since: datetime
) -> bool:
    """Let a template be sent again that Meta approved then, if Meta held it and not since.

    Returns:
        Whether it was held by Meta.
    """
    lifted = await connection.execute(
        delete(template_holds)
        .where(
            template_holds.c.store_id == store_id,
            template_holds.c.template == template,
            template_holds.c.language.in_((ALL_LANGUAGES, language)),
            template_holds.c.held_by == HeldBy.META,
            template_holds.c.held_at <= since,
        )
        .returning(template_holds.c.template)
    )
    return lifted.first() is not None

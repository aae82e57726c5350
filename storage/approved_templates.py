"""What Meta has of stores' templates, as it was last listed or notified."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import delete, insert, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.messages.approved_templates import ApprovedTemplate
from storage.tables import approved_templates


async def listed(connection: AsyncConnection, store_id: str) -> list[ApprovedTemplate]:
    """Every template of a store that its plans had when it was written."""
    query = select(approved_templates.c.content).where(approved_templates.c.store_id == store_id)
    return [ApprovedTemplate.model_validate(row[0]) for row in await connection.execute(query)]


async def find(
    connection: AsyncConnection, store_id: str, name: str, language: str
) -> tuple[ApprovedTemplate, datetime | None] | None:
    """One template, and of when its status is."""
    query = select(approved_templates.c.content, approved_templates.c.status_at).where(
        approved_templates.c.store_id == store_id,
        approved_templates.c.name == name,
        approved_templates.c.language == language,
    )
    row = (await connection.execute(query)).first()
    return None if row is None else (ApprovedTemplate.model_validate(row[0]), row[1])


async def put(
    connection: AsyncConnection,
    store_id: str,
    template: ApprovedTemplate,
    status_at: datetime | None,
) -> None:
    """Write a template; what was known of it is replaced."""
    key = {"store_id": store_id, "name": template.name, "language": template.language}
    await connection.execute(delete(approved_templates).filter_by(**key))
    content = template.model_dump(mode="json")
    await connection.execute(
        insert(approved_templates).values(**key, content=content, status_at=status_at)
    )


async def replace(
    connection: AsyncConnection,
    store_id: str,
    templates: Iterable[ApprovedTemplate],
    at: datetime,
) -> list[ApprovedTemplate]:
    """Write all templates of a store as they were listed then; newer notifications stay.

    Returns:
        What was written.
    """
    mine = approved_templates.c.store_id == store_id
    newer = approved_templates.c.status_at > at
    names = select(approved_templates.c.name, approved_templates.c.language).where(mine, newer)
    kept = {tuple(row) for row in await connection.execute(names)}
    older = or_(approved_templates.c.status_at.is_(None), approved_templates.c.status_at <= at)
    await connection.execute(delete(approved_templates).where(mine, older))
    written = [each for each in templates if (each.name, each.language) not in kept]
    for each in written:
        await put(connection, store_id, each, at)
    return written


async def remove(connection: AsyncConnection, store_id: str) -> None:
    """Forget the templates of a store."""
    await connection.execute(
        delete(approved_templates).where(approved_templates.c.store_id == store_id)
    )

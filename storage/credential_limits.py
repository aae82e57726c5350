"""How many live credentials a store may have: verifying one costs time with each."""

from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.database import lock


class CredentialLimitError(Exception):
    """A store has as many live credentials of a kind as it may have."""


async def require_room(
    connection: AsyncConnection, store_id: str, live: Select[Any], limit: int, kind: str
) -> None:
    """Let a store get one more credential in this transaction.

    Args:
        connection: of the transaction that makes it.
        store_id: of which store.
        live: selects the store's live credentials.
        limit: how many there may be.
        kind: what they are called in the error.

    Raises:
        CredentialLimitError: there is no room.
    """
    await lock(connection, "store", store_id)
    counted = select(func.count()).select_from(live.order_by(None).subquery())
    if (await connection.execute(counted)).scalar_one() >= limit:
        raise CredentialLimitError(f"the store has {limit} {kind}; end one before making another")

"""What an operator does to a store in more than one table: put, resume, and see its state."""

from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from domain.stores import warnings
from domain.stores.config import StoreConfig
from domain.stores.template_fit import template_warnings
from domain.stores.warnings import ConfigWarning, StoreFacts
from operations import template_checks
from operations.template_checks import ListedTemplates, known_templates
from storage import (
    exit_api_state,
    inbox_orders,
    keys,
    personal_ids,
    signing_secrets,
    stores,
    template_failures,
    template_holds,
)
from storage import template_checks as check_states
from storage.exit_api_state import ExitApiState
from storage.stores import Store


@dataclass(frozen=True)
class NewStoreSecrets:
    """The secrets of a new store; they are not seen again."""

    key_id: str
    api_key: str = field(repr=False)
    signing_secret_id: str
    signing_secret: str = field(repr=False)


async def put(
    connection: AsyncConnection,
    store_id: str,
    config: StoreConfig,
    now: datetime,
    listed: ListedTemplates | None = None,
) -> NewStoreSecrets | None:
    """Create a store with its first key, or replace a store's configuration.

    Args:
        connection: of a writing transaction.
        store_id: which store.
        config: the new one.
        now: the time.
        listed: what Meta has of its templates; None: it has no `waba_id`.

    Returns:
        The secrets of a new store; None when the store existed.
    """
    new = await stores.put(connection, store_id, config, now)
    await template_checks.record(connection, store_id, config, listed)
    if new is None:
        return None
    key = await keys.make(connection, store_id, now)
    signing = await signing_secrets.make(connection, store_id, now)
    return NewStoreSecrets(
        key.key_id, key.api_key, signing.signing_secret_id, signing.signing_secret
    )


async def resume(connection: AsyncConnection, store_id: str) -> None:
    """Let messages be claimed again, also of templates that were held."""
    await stores.resume(connection, store_id)
    await template_holds.lift(connection, store_id)
    await template_failures.clear_store(connection, store_id)


async def warnings_of(
    connection: AsyncConnection,
    store_id: str,
    config: StoreConfig,
    listed: ListedTemplates | None = None,
) -> list[ConfigWarning]:
    """What a store's configuration probably does not mean, and what is amiss by it.

    Args:
        connection: to read in.
        store_id: which store.
        config: of the store, or to be the store's.
        listed: what Meta has of its templates just now; None: what it had when it was last asked.
    """
    api = await _exit_api_state(connection, store_id, config)
    facts = StoreFacts(
        orders_seen=await inbox_orders.ever_seen(connection, store_id),
        exit_api_failing_since=api.failing_since,
        exit_api_because=api.because,
        exit_api_answered_at=api.answered_at,
        personal_ids=await personal_ids.read(connection, store_id),
    )
    known = listed.known() if listed else await known_templates(connection, store_id)
    return [*warnings.warnings_of(config, facts), *template_warnings(config, known)]


async def _exit_api_state(
    connection: AsyncConnection, store_id: str, config: StoreConfig
) -> ExitApiState:
    if config.exit_api is None:
        return ExitApiState()
    return await exit_api_state.read(connection, store_id, config.exit_api)


async def state_of(connection: AsyncConnection, store: Store) -> dict[str, Any]:
    """What is amiss, whether a store is paused and why, its held templates, ids of its secrets."""
    api = await _exit_api_state(connection, store.store_id, store.config)
    return {
        "warnings": await warnings_of(connection, store.store_id, store.config),
        "paused": store.paused,
        "paused_because": store.paused_because,
        "exit_api_state": {
            "answered_at": api.answered_at,
            "failing_since": api.failing_since,
            "because": api.because,
        },
        "template_check": asdict(await check_states.read(connection, store.store_id)),
        "held_templates": await template_holds.listed(connection, store.store_id),
        "keys": [key["key_id"] for key in await keys.listed(connection, store.store_id)],
        "signing_secrets": await signing_secrets.listed(connection, store.store_id),
    }

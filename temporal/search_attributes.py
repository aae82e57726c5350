"""Registering the search attributes that operators filter journeys by."""

import asyncio
from datetime import timedelta

import structlog
from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.operatorservice.v1 import (
    AddSearchAttributesRequest,
    ListSearchAttributesRequest,
)
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from workflows.names import SEARCH_ATTRIBUTES

_FORBIDDEN = (RPCStatusCode.PERMISSION_DENIED, RPCStatusCode.UNIMPLEMENTED)
REGISTER_INTERVAL = timedelta(seconds=2)
REGISTER_TIMEOUT = timedelta(seconds=10)
log = structlog.get_logger()


async def register(client: Client) -> None:
    """Add what is missing. Safe on every start and from several processes.

    Temporal Cloud lets only its own console do this; there it is left to the operator.
    """
    try:
        await _add_missing(client)
    except RPCError as error:
        if error.status in _FORBIDDEN:
            names = [key.name for key in SEARCH_ATTRIBUTES]
            log.warning("search attributes must be registered by hand", names=names)
        elif error.status is not RPCStatusCode.ALREADY_EXISTS:
            raise


async def are_registered(client: Client) -> bool:
    """Whether search attributes are registered; True if listing is forbidden.

    Raises:
        RPCError: Temporal does not answer.
    """
    request = ListSearchAttributesRequest(namespace=client.namespace)
    try:
        known = await client.operator_service.list_search_attributes(request)
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            return False
        if error.status in _FORBIDDEN:
            return True
        raise
    return all(key.name in known.custom_attributes for key in SEARCH_ATTRIBUTES)


async def _add_missing(client: Client) -> None:
    service, namespace = client.operator_service, client.namespace
    known = await service.list_search_attributes(ListSearchAttributesRequest(namespace=namespace))
    missing = {
        key.name: IndexedValueType.ValueType(key.indexed_value_type)
        for key in SEARCH_ATTRIBUTES
        if key.name not in known.custom_attributes
    }
    if missing:
        await service.add_search_attributes(
            AddSearchAttributesRequest(namespace=namespace, search_attributes=missing)
        )


async def register_when_available(client: Client) -> None:
    """Register search attributes, without which no journey can start, once Temporal answers."""
    while True:
        try:
            async with asyncio.timeout(REGISTER_TIMEOUT.total_seconds()):
                await register(client)
        except (RPCError, RuntimeError, TimeoutError) as error:
            log.warning("waiting for Temporal", because=type(error).__name__)
            await asyncio.sleep(REGISTER_INTERVAL.total_seconds())
        else:
            return

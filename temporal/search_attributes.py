"""Registering the search attributes that operators filter journeys by."""

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

"""Calls to Temporal: their timeout, and their failures as three exceptions."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

from temporalio.service import RPCError, RPCStatusCode

RPC_TIMEOUT = timedelta(seconds=3)
"""For one call to Temporal. A partner's POST waits for it, or an operator's GET."""


class TemporalUnavailableError(Exception):
    """Temporal did not answer in time; the call must be repeated."""


class UndeliverableError(Exception):
    """Temporal answered, and refused this one call: others may pass, this may pass later."""


class NotOpenError(Exception):
    """There is no open journey of that id."""


_UNAVAILABLE = frozenset(
    {
        RPCStatusCode.UNAVAILABLE,
        RPCStatusCode.DEADLINE_EXCEEDED,
        RPCStatusCode.RESOURCE_EXHAUSTED,
        RPCStatusCode.CANCELLED,
        RPCStatusCode.INTERNAL,
        RPCStatusCode.UNKNOWN,
        RPCStatusCode.PERMISSION_DENIED,
        RPCStatusCode.UNAUTHENTICATED,
    }
)
"""Statuses that would meet any other call as well; all others are about this one call."""


@asynccontextmanager
async def temporal_call() -> AsyncIterator[None]:
    """Limit the time of a call and translate its failures.

    Raises:
        NotOpenError: there is no open journey of that id.
        TemporalUnavailableError: it is not known whether the call had an effect.
        UndeliverableError: the call was refused.
    """
    try:
        async with asyncio.timeout(RPC_TIMEOUT.total_seconds()):
            yield
    except RPCError as error:
        raise _translated(error) from error
    except (TimeoutError, RuntimeError) as error:  # RuntimeError: a lazy client cannot connect
        raise TemporalUnavailableError(type(error).__name__) from error


def _translated(error: RPCError) -> Exception:
    if error.status is RPCStatusCode.NOT_FOUND:
        return NotOpenError()
    if error.status in _UNAVAILABLE:
        return TemporalUnavailableError(error.status.name)
    return UndeliverableError(error.status.name)

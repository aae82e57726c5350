"""How long a call to Temporal may take, and what not being answered means."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

from temporalio.service import RPCError, RPCStatusCode

PATIENCE = timedelta(seconds=3)
"""For one call to Temporal. Whoever waits for it is a partner's POST, or an operator's GET."""


class TemporalAwayError(Exception):
    """Temporal did not answer in time; what was to be told it has to be told again."""


class UndeliverableError(Exception):
    """Temporal answered, and refused this one thing: others may pass, this may pass later."""


_AWAY = frozenset(
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
"""What says nothing about the one call; anything else is about what was asked."""


class NotOpenError(Exception):
    """There is no open journey of that id."""


@asynccontextmanager
async def within_patience() -> AsyncIterator[None]:
    """Turn the many ways of not being answered into three."""
    try:
        async with asyncio.timeout(PATIENCE.total_seconds()):
            yield
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            raise NotOpenError from error
        if error.status in _AWAY:
            raise TemporalAwayError(error.status.name) from error
        raise UndeliverableError(error.status.name) from error
    except (TimeoutError, RuntimeError) as error:  # RuntimeError: a lazy client cannot connect
        raise TemporalAwayError(type(error).__name__) from error

"""Temporal for one customer among very many."""

from collections.abc import Sequence
from datetime import datetime

from domain.events.journey_event import JourneyEvent
from domain.journey.activity_results import MessageFailed
from domain.journey.identity import CustomerRef
from domain.stores.config import StoreConfig
from temporal.rpc import TemporalUnavailableError
from tests.journey_model.simulated_temporal import SimulatedGateway, SimulatedTemporal
from tests.storage.builders import CUSTOMER

PATIENCE = 30
"""Calls about other customers, of whom much waits, until Temporal is unavailable."""


class OneCustomersGateway(SimulatedGateway):
    """Others have no journey; after some calls about them, Temporal is unavailable."""

    def __init__(self, temporal: SimulatedTemporal) -> None:
        super().__init__(temporal)
        self._calls = 0

    def _is_ours(self, customer: CustomerRef) -> bool:
        if customer.customer_id == CUSTOMER:
            return True
        self._calls += 1
        if self._calls % PATIENCE == 0:
            raise TemporalUnavailableError("simulated")
        return False

    async def signal_event(self, customer: CustomerRef, event: JourneyEvent) -> bool:
        return self._is_ours(customer) and await super().signal_event(customer, event)

    async def signal_events(self, customer: CustomerRef, events: Sequence[JourneyEvent]) -> bool:
        return self._is_ours(customer) and await super().signal_events(customer, events)

    async def release(self, customer: CustomerRef) -> bool:
        return self._is_ours(customer) and await super().release(customer)

    async def signal_failure(self, customer: CustomerRef, failed: MessageFailed) -> bool:
        return self._is_ours(customer) and await super().signal_failure(customer, failed)

    async def request_exit(self, customer: CustomerRef, event: JourneyEvent) -> bool:
        return self._is_ours(customer) and await super().request_exit(customer, event)

    async def start(
        self,
        customer: CustomerRef,
        events: Sequence[JourneyEvent],
        config: StoreConfig,
        now: datetime,
    ) -> str | None:
        if not self._is_ours(customer):
            return None
        return await super().start(customer, events, config, now)

"""One customer's journeys, driven by hand: everything of them except Temporal."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeVar

import httpx
from temporalio.testing import ActivityEnvironment

from activities.outcome import Outcomes
from activities.plan import Plans
from domain.events.journey_event import JourneyEvent
from domain.journey import closing, delivery, requests
from domain.journey.buffer import Settled, Wait
from domain.journey.later_events import Postpone
from domain.journey.outcomes import Ending
from domain.journey.pending import process_pending
from domain.journey.policy import policy_of
from domain.journey.state import JourneyState
from domain.stores.config import StoreConfig
from storage import inbox_delivery
from storage.database import Database
from storage.inbox import InboxRow
from tests.activities.deliveries import delivering
from tests.storage.builders import CUSTOMER, NOW, STORE, accept

Input = TypeVar("Input")
Output = TypeVar("Output")


@dataclass(frozen=True)
class Sent:
    """A request that Meta got, and what was known at that moment."""

    trigger: JourneyEvent
    left_at: datetime
    accepted: tuple[JourneyEvent, ...]
    taken: frozenset[str]
    """What earlier journeys took in."""


@dataclass
class SimulatedJourneys:
    """The journeys of one customer, each step taken when the test says so."""

    database: Database
    config: StoreConfig
    now: datetime = NOW + timedelta(days=2)
    state: JourneyState | None = None
    undelivered: list[InboxRow] = field(default_factory=list)
    accepted: list[JourneyEvent] = field(default_factory=list)
    taken: set[str] = field(default_factory=set)
    sent: list[Sent] = field(default_factory=list)
    runs: int = 0

    async def accept(self, event: JourneyEvent) -> None:
        """The inbox has an event; nobody knows of it yet."""
        row = await accept(self.database, event, body={"customer": {"phone": "+919876543210"}})
        assert row is not None
        self.accepted.append(event)
        self.undelivered.append(row)

    async def deliver(self) -> None:
        """Temporal gets the oldest event that it has not got."""
        if not self.undelivered:
            return
        row = self.undelivered.pop(0)
        self._signal_or_start(row.event)
        async with self.database.transaction() as connection:
            await inbox_delivery.mark_dispatched(
                connection, [row.id], self.now, to_open_journey=self.state is not None
            )

    def deliver_again(self, which: int) -> None:
        """Temporal gets an event that it has had: a process died before it marked it."""
        waiting = {row.event.event_id for row in self.undelivered}
        delivered = [one for one in self.accepted if one.event_id not in waiting]
        if delivered:
            self._signal_or_start(delivered[which % len(delivered)])

    def _signal_or_start(self, event: JourneyEvent) -> None:
        if self.state is None and self.config.plan_for(event.kind) is not None:
            self.state = self._new_state()
        if self.state is not None:
            self.state.receive(event)

    def _new_state(self) -> JourneyState:
        return JourneyState(
            store_id=STORE,
            customer_id=CUSTOMER,
            buffer=self.config.buffer,
            policy=policy_of(self.config),
        )

    async def go_on(self) -> None:
        """The open journey does what it does next."""
        self.now += timedelta(minutes=1)
        if self.state is None:
            return
        ending = await (self._settle if self.state.trigger is None else self._follow)(self.state)
        if ending is not None:
            await self._close(self.state, ending)

    async def _settle(self, state: JourneyState) -> Ending | None:
        if not state.pending:
            return closing.already_handled(state)
        match state.rules.settle(state.pending, self.now, state.buffer, state.policy):
            case Wait():
                raise AssertionError("the buffer has passed long ago")
            case Ending() as ending:
                state.end_in_buffer()
                return ending
            case Settled() as settled:
                return await self._begin(state, settled)

    async def _begin(self, state: JourneyState, settled: Settled) -> Ending | None:
        request = requests.first_plan_request(state, settled)
        buffered, policy = list(state.pending), state.policy
        loaded = await _run(Plans(self.database, lambda: self.now).load_plan, request)
        state.amend_buffer(loaded)
        if (state.pending, state.policy) != (buffered, policy):
            return None
        state.begin(settled, self.now)
        return state.follow(loaded, self.now)

    async def _follow(self, state: JourneyState) -> Ending | None:
        step = state.progress.next_step()
        if state.has_pending():
            decision = process_pending(state, self.now)
        elif step is None:
            return delivery.plan_done(state.progress)
        else:
            request = requests.deliver_request(state, step)
            async with httpx.AsyncClient(transport=httpx.MockTransport(self._meta)) as http:
                result = await _run(
                    delivering(self.database, http, lambda: self.now).deliver, request
                )
            decision = delivery.apply_delivery(state, step, result, self.now)
        return await self._postpone(state, decision) if isinstance(decision, Postpone) else decision

    async def _postpone(self, state: JourneyState, decision: Postpone) -> Ending | None:
        state.postpone(decision, self.now)
        loaded = await _run(
            Plans(self.database, lambda: self.now).load_plan, requests.postponed_plan_request(state)
        )
        return state.follow(loaded, self.now)

    def _meta(self, _: httpx.Request) -> httpx.Response:
        assert self.state is not None
        subject = self.state.subject()
        self.sent.append(
            Sent(subject.trigger, subject.left_at, tuple(self.accepted), frozenset(self.taken))
        )
        return httpx.Response(200, json={"messages": [{"id": f"wamid.{len(self.sent)}"}]})

    async def _close(self, state: JourneyState, ending: Ending) -> None:
        self.runs += 1
        state.end(ending, self.now)
        record = closing.record(state, f"run-{self.runs}", self.now)
        unsignalled = await _run(Outcomes(self.database).record_outcome, record)
        self.taken |= set(record.taken)
        for event in unsignalled:
            state.receive(event)
        events = closing.next_events(state)
        self.state = closing.next_journey(state, events) if events else None


async def _run(activity: Callable[[Input], Awaitable[Output]], request: Input) -> Output:
    return await ActivityEnvironment().run(activity, request)

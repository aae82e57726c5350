"""Temporal for one customer's journeys, by hand: it runs the true workflow class.

What the workflow calls of `temporalio.workflow` is this object for the time of a test. It waits
until the test says that an activity is worked on, a signal comes, or time passes. Whatever Temporal
would store goes through JSON.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any, NoReturn, get_type_hints
from unittest.mock import patch

from pydantic import TypeAdapter
from temporalio import workflow
from temporalio.common import TypedSearchAttributes
from temporalio.exceptions import ActivityError

from domain.events.journey_event import JourneyEvent
from domain.journey.activity_results import MessageFailed
from domain.journey.buffer import last_active
from domain.journey.identity import CustomerRef
from domain.journey.policy import policy_of
from domain.journey.rules import NEWEST_RULES
from domain.journey.state import JourneyState
from domain.stores.config import StoreConfig
from temporal.gateway import JourneyGateway
from temporal.rpc import TemporalUnavailableError
from workflows import recovery_journey
from workflows.recovery_journey import RecoveryJourney


class ContinueAsNew(BaseException):  # as the SDK raises it: no error
    """The run goes on as another."""

    def __init__(self, state: JourneyState, delay: timedelta) -> None:
        super().__init__()
        self.state = state
        self.delay = delay


@dataclass
class ScheduledActivity:
    """An activity that no worker has finished."""

    method: Callable[[Any, Any], Awaitable[Any]]
    request: Any
    result: asyncio.Future[Any]
    attempt: int = 1
    heartbeat: tuple[Any, ...] = ()
    not_before: datetime | None = None


@dataclass
class Run:
    """One run of a workflow; it begins when its delay is over, or when it is woken."""

    state: JourneyState
    begins_at: datetime
    number: int
    signals: list[tuple[str, Any]] = field(default_factory=list)
    workflow: RecoveryJourney | None = None
    task: asyncio.Task[Any] | None = None
    wakes_at: datetime | None = None
    parked: asyncio.Future[None] | None = None
    activity: ScheduledActivity | None = None


def through_json(kind: Any, value: Any) -> Any:
    """A value as it comes back from a history."""
    adapter: TypeAdapter[Any] = TypeAdapter(kind)
    return adapter.validate_json(adapter.dump_json(value))


@dataclass
class SimulatedTemporal:
    """Runs of one workflow id, the open one last."""

    now: datetime
    run: Run | None = None
    runs: int = 0
    suggests_new_run: bool = False
    fails: str = ""
    """`before` or `after` the next call had its effect, for the caller only."""

    # What the workflow calls, as of the module `temporalio.workflow`

    def workflow_now(self) -> datetime:
        return self.now

    def info(self) -> Any:
        suggested, self.suggests_new_run = self.suggests_new_run, False
        return SimpleNamespace(
            run_id=f"run-{self._open.number}",
            typed_search_attributes=TypedSearchAttributes.empty,
            is_continue_as_new_suggested=lambda: suggested,
        )

    async def execute(self, method: Any, request: Any, **_: Any) -> Any:
        """Schedule an activity, of either kind, and wait for its result."""
        hints = get_type_hints(method)
        stored = through_json(type(request), request)
        scheduled = ScheduledActivity(method, stored, asyncio.get_running_loop().create_future())
        self._open.activity = scheduled
        return through_json(hints["return"], await scheduled.result)

    async def wait_condition(
        self,
        condition: Callable[[], bool],
        *,
        timeout: timedelta | None = None,  # noqa: ASYNC109  # as the SDK names it
        **_: Any,
    ) -> None:
        run = self._open
        run.wakes_at = None if timeout is None else self.now + timeout
        while not condition():
            if run.wakes_at is not None and self.now >= run.wakes_at:
                raise TimeoutError
            run.parked = asyncio.get_running_loop().create_future()
            await run.parked
        run.wakes_at = None

    def continue_as_new(
        self, state: JourneyState, *, backoff_start_interval: timedelta | None = None, **_: Any
    ) -> NoReturn:
        raise ContinueAsNew(state, backoff_start_interval or timedelta(0))

    def nothing(self, *_: Any) -> None:
        """What is only shown to operators."""

    @property
    def _open(self) -> Run:
        assert self.run is not None
        return self.run

    # What the test does

    @contextmanager
    def as_workflow_module(self) -> Iterator[None]:
        """Be what the workflow calls."""
        module = SimpleNamespace(
            now=self.workflow_now,
            info=self.info,
            execute_activity_method=self.execute,
            execute_local_activity_method=self.execute,
            wait_condition=self.wait_condition,
            continue_as_new=self.continue_as_new,
            ContinueAsNewVersioningBehavior=workflow.ContinueAsNewVersioningBehavior,
            set_current_details=self.nothing,
            upsert_search_attributes=self.nothing,
        )
        with patch.object(recovery_journey, "workflow", module):
            yield

    async def pass_time(self, time: timedelta) -> None:
        """The clock goes on; timers and delays that are over end."""
        self.now += time
        await self.settle()

    async def settle(self) -> None:
        """Have the workflow do everything that it can do now."""
        run = self.run
        if run is None:
            return
        if run.task is None:
            if self.now < run.begins_at:
                return
            self._begin(run)
        self._unpark(run)
        while run.task is not None and not run.task.done() and not self._is_blocked(run):  # noqa: ASYNC110  # it is no event
            await asyncio.sleep(0)
        if run.task is not None and run.task.done():
            await self._end(run)

    def _begin(self, run: Run) -> None:
        run.workflow = RecoveryJourney(run.state)
        for name, argument in run.signals:
            getattr(run.workflow, name)(argument)
        run.task = asyncio.create_task(run.workflow.run(run.state))

    @staticmethod
    def _unpark(run: Run) -> None:
        if run.parked is not None and not run.parked.done():
            run.parked.set_result(None)

    @staticmethod
    def _is_blocked(run: Run) -> bool:
        waits = run.parked is not None and not run.parked.done()
        return waits or (run.activity is not None and not run.activity.result.done())

    async def _end(self, run: Run) -> None:
        assert run.task is not None
        try:
            run.task.result()
        except ContinueAsNew as following:
            self.open(following.state, following.delay)
            await self.settle()
        else:
            self.run = None

    def open(self, state: JourneyState, delay: timedelta) -> None:
        """Begin a run, now or later."""
        self.runs += 1
        self.run = Run(through_json(JourneyState, state), self.now + delay, self.runs)

    def next_wake(self) -> datetime | None:
        """When something happens by itself."""
        if self.run is None:
            return None
        if self.run.task is None:
            return self.run.begins_at
        activity = self.run.activity
        if activity is not None and not activity.result.done():
            return activity.not_before or self.now
        return self.run.wakes_at

    async def complete(self, activity: ScheduledActivity, result: Any) -> None:
        """An attempt succeeded; a later attempt may have done so before."""
        if not activity.result.done():
            activity.result.set_result(result)
            await self.settle()

    async def fail(self, activity: ScheduledActivity) -> None:
        """The last attempt failed."""
        error = ActivityError(
            "failed",
            scheduled_event_id=1,
            started_event_id=1,
            identity="",
            activity_type="",
            activity_id="",
            retry_state=None,
        )
        activity.result.set_exception(error)
        await self.settle()

    def signal(self, name: str, argument: Any) -> bool:
        """Deliver a signal to the open run; a run that has not begun keeps it."""
        run = self.run
        if run is None:
            return False
        if run.workflow is None:
            run.signals.append((name, argument))
        else:
            getattr(run.workflow, name)(argument)
        return True


class SimulatedGateway(JourneyGateway):
    """The gateway to a simulated Temporal, which may fail before or after the effect of a call."""

    def __init__(self, temporal: SimulatedTemporal) -> None:
        self._temporal = temporal

    async def signal_event(self, customer: CustomerRef, event: JourneyEvent) -> bool:
        del customer
        return await self._signalled("event_received", event)

    async def signal_events(self, customer: CustomerRef, events: Sequence[JourneyEvent]) -> bool:
        del customer
        self._fail("before")
        run = self._temporal.run
        for event in events if run is not None else ():
            self._temporal.signal("event_received", through_json(JourneyEvent, event))
        await self._temporal.settle()
        self._fail("after")
        return run is not None

    async def release(self, customer: CustomerRef) -> bool:
        del customer
        run = self._temporal.run
        if run is not None and run.workflow is not None:
            run.workflow.store_resumed()
            await self._temporal.settle()
        return run is not None

    async def signal_failure(self, customer: CustomerRef, failed: MessageFailed) -> bool:
        del customer
        return await self._signalled("message_failed", failed)

    async def request_exit(self, customer: CustomerRef, event: JourneyEvent) -> bool:
        del customer
        run = self._temporal.run
        if run is not None and run.workflow is None:  # signal-with-start ends the delay
            run.begins_at = self._temporal.now
        return await self._signalled("exit_requested", event)

    async def start(
        self,
        customer: CustomerRef,
        events: Sequence[JourneyEvent],
        config: StoreConfig,
        now: datetime,
    ) -> str | None:
        self._fail("before")
        if self._temporal.run is not None:
            return f"run-{self._temporal.run.number}"
        state = JourneyState(
            store_id=customer.store_id,
            customer_id=customer.customer_id,
            rules_version=NEWEST_RULES,
            buffer=config.buffer,
            policy=policy_of(config),
        )
        for event in events:
            state.receive(event)
        until = last_active(state.pending, state.policy) + config.buffer
        self._temporal.open(state, max(until - now, timedelta(0)))
        await self._temporal.settle()
        self._fail("after")
        return None

    async def _signalled(self, name: str, argument: Any) -> bool:
        self._fail("before")
        found = self._temporal.signal(name, through_json(type(argument), argument))
        await self._temporal.settle()
        self._fail("after")
        return found

    def _fail(self, when: str) -> None:
        if self._temporal.fails == when:
            self._temporal.fails = ""
            raise TemporalUnavailableError("simulated")

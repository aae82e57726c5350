"""The recovery journey: buffer, plan, and for each message wait, ask, send, and at last close.

The wait for a quiet customer is never spent inside a run: a start delay or a continue-as-new
backoff holds it, so that each further event costs one history event and no workflow task.
"""

from datetime import datetime, timedelta
from typing import NoReturn

from temporalio import workflow
from temporalio.exceptions import ActivityError

from workflows import names, policies

with workflow.unsafe.imports_passed_through():
    from activities.deliver import Deliver
    from activities.outcome import Outcomes
    from activities.plan import Plans
    from domain.events.journey_event import JourneyEvent
    from domain.journey import closing, delivery, requests
    from domain.journey.activity_inputs import PlanRequest
    from domain.journey.activity_results import (
        DeliverResult,
        LoadedPlan,
        MessageFailed,
        UnrecordedOutcome,
    )
    from domain.journey.buffer import Settled, Wait, last_active
    from domain.journey.later_events import Postpone
    from domain.journey.outcomes import Ending
    from domain.journey.pending import process_pending
    from domain.journey.plan import PlannedStep
    from domain.journey.state import JourneyState
    from domain.journey.ui_summary import AWAITING_FAILURES, current_details
    from workflows import attributes


@workflow.defn(name=names.WORKFLOW)
class RecoveryJourney:
    """One customer's way from "left without buying" to "came back", or to being left alone."""

    @workflow.init
    def __init__(self, state: JourneyState) -> None:
        """Take up the state before any signal is handled."""
        self._state = state
        self._progress = state.progress
        self._resumed = False

    @workflow.run
    async def run(self, _state: JourneyState) -> Ending:
        """The journey, from the end of the buffer to the outcome."""
        ending = await self._find_trigger() or await self._follow_plan()
        await self._close(ending)
        return ending

    @workflow.signal(name=names.EVENT_RECEIVED)
    def event_received(self, event: JourneyEvent) -> None:
        """The customer did something on the store."""
        self._state.receive(event)

    @workflow.signal(name=names.EVENTS_RECEIVED)
    def events_received(self, events: list[JourneyEvent]) -> None:
        """The customer did several things on the store."""
        for event in events:
            self._state.receive(event)

    @workflow.signal(name=names.EXIT_REQUESTED)
    def exit_requested(self, event: JourneyEvent) -> None:
        """An operator ended the journey, or the customer opted out."""
        self._state.request_exit(event)

    @workflow.signal(name=names.STORE_RESUMED)
    def store_resumed(self) -> None:
        """The store or template that held this journey is resumed."""
        self._resumed = True

    @workflow.signal(name=names.MESSAGE_FAILED)
    def message_failed(self, failed: MessageFailed) -> None:
        """Meta could not deliver a message that it had accepted."""
        self._state.receive_failure(failed)

    @workflow.query(name=names.STATUS)
    def status(self) -> JourneyState:
        """Everything that the journey knows, to explain it."""
        return self._state

    async def _find_trigger(self) -> Ending | None:
        """The buffer has passed: choose the trigger and load the plan for it."""
        state = self._state
        if state.trigger is not None or state.exit is not None:
            return state.requested_exit()
        while state.pending:
            match state.rules.settle(state.pending, workflow.now(), state.buffer, state.policy):
                case Wait(until=until):
                    state.shorten_buffer()
                    self._continue_as_new(state, until)
                case Ending() as ending:
                    state.end_in_buffer()
                    return ending
                case Settled() as settled:
                    buffered, policy = list(state.pending), state.policy
                    loaded = await self._load_plan(requests.first_plan_request(state, settled))
                    state.amend_buffer(loaded)
                    if (state.pending, state.policy) == (buffered, policy):
                        state.begin(settled, workflow.now())
                        return state.follow(loaded, workflow.now())
        return closing.already_handled(state)

    async def _load_plan(self, request: PlanRequest) -> LoadedPlan:
        return await workflow.execute_local_activity_method(
            Plans.load_plan,
            request,
            start_to_close_timeout=policies.DATABASE_TIMEOUT,
            retry_policy=policies.UNTIL_DATABASE_IS_BACK,
            local_retry_threshold=policies.NOT_IN_A_WORKFLOW_TASK,
            summary=f"load the plan for {request.trigger.kind}",
        )

    async def _follow_plan(self) -> Ending:
        """Deliver step after step, and decide on everything that is received meanwhile."""
        ending = None
        while ending is None:
            step = self._progress.next_step()
            if step is None and not self._progress.fallback_window(workflow.now()):
                return delivery.plan_done(self._progress)
            await self._wait_until_due(step)
            if self._state.has_pending():
                ending = await self._process_pending()
            elif step is not None:
                ending = await self._deliver(step)
        return ending

    async def _wait_until_due(self, step: PlannedStep | None) -> None:
        """Wait until a message is due, or no late failure matters, or anything is received."""
        self._show()
        now = workflow.now()
        if workflow.info().is_continue_as_new_suggested():
            self._continue_as_new(self._state, now)
        if step is None:
            await self._wait(self._progress.fallback_window(now), AWAITING_FAILURES)
        else:
            await self._wait(self._progress.time_until(step, now), step.label)

    async def _wait(self, delay: timedelta, summary: str) -> None:
        if delay <= timedelta(0) or self._state.has_pending():
            return
        try:
            await workflow.wait_condition(
                self._state.has_pending, timeout=delay, timeout_summary=summary
            )
        except TimeoutError:
            return

    async def _process_pending(self) -> Ending | None:
        decision = process_pending(self._state, workflow.now())
        return await self._postpone(decision) if isinstance(decision, Postpone) else decision

    async def _postpone(self, postponement: Postpone) -> Ending | None:
        """The customer was active again: the plan's delays count anew."""
        self._state.postpone(postponement, workflow.now())
        loaded = await self._load_plan(requests.postponed_plan_request(self._state))
        return self._state.follow(loaded, workflow.now())

    async def _deliver(self, step: PlannedStep) -> Ending | None:
        """Ask the partner and send one message, unless something speaks against it."""
        reason = self._progress.unsendable_reason(step, workflow.now())
        if reason is not None:
            evidence = {"due_at": step.due_at.isoformat()}
            delivery.skip(self._state, step, reason, evidence, workflow.now())
            return None
        self._resumed = False
        result = await self._ask_and_send(step)
        if result is not None and result.unrecorded is not None:
            await self._record_send(result.unrecorded)
        decision = delivery.apply_delivery(self._state, step, result, workflow.now())
        if self._state.held is not None:
            await self._until_resumed()
        return await self._postpone(decision) if isinstance(decision, Postpone) else decision

    async def _ask_and_send(self, step: PlannedStep) -> DeliverResult | None:
        """What became of the message; None: the activity failed, and nothing was sent."""
        partner_timeout = self._progress.plan.exit_check_timeout
        try:
            return await workflow.execute_activity_method(
                Deliver.deliver,
                requests.deliver_request(self._state, step),
                start_to_close_timeout=partner_timeout + policies.BEYOND_THE_PARTNERS_TIMEOUT,
                heartbeat_timeout=policies.DELIVERY_HEARTBEAT,
                retry_policy=policies.DELIVER,
                summary=f"unless they came back: {self._progress.summary(step)}",
            )
        except ActivityError:
            return None

    async def _record_send(self, outcome: UnrecordedOutcome) -> None:
        """Record what the provider answered while the database was away."""
        await workflow.execute_local_activity_method(
            Deliver.record_send,
            outcome,
            start_to_close_timeout=policies.DATABASE_TIMEOUT,
            retry_policy=policies.UNTIL_DATABASE_IS_BACK,
            local_retry_threshold=policies.NOT_IN_A_WORKFLOW_TASK,
            summary=f"record that the message is {outcome.kind}",
        )

    async def _until_resumed(self) -> None:
        """Wait, however long, until the store is resumed or anything is received."""
        self._show()
        await workflow.wait_condition(lambda: self._resumed or self._state.has_pending())
        self._state.held = None

    async def _close(self, ending: Ending) -> None:
        """Record the outcome once, show it, and begin the next journey if there is one."""
        state, info = self._state, workflow.info()
        state.end(ending, workflow.now())
        unsignalled = await workflow.execute_local_activity_method(
            Outcomes.record_outcome,
            closing.record(state, info.run_id, workflow.now()),
            start_to_close_timeout=policies.DATABASE_TIMEOUT,
            retry_policy=policies.UNTIL_DATABASE_IS_BACK,
            local_retry_threshold=policies.NOT_IN_A_WORKFLOW_TASK,
            summary=f"record the outcome: {ending.outcome}, {ending.reason}",
        )
        for event in unsignalled:
            state.receive(event)
        self._show()
        if events := closing.next_events(state):
            left_at = last_active(events, state.policy)
            self._continue_as_new(closing.next_journey(state, events), left_at + state.buffer)

    def _continue_as_new(self, state: JourneyState, at: datetime) -> NoReturn:
        """Go on as a new run, delayed until then, on the worker build that is current then."""
        wait = max(at - workflow.now(), timedelta(0))
        workflow.continue_as_new(
            state,
            backoff_start_interval=wait or None,
            search_attributes=attributes.attributes_of(state),
            initial_versioning_behavior=workflow.ContinueAsNewVersioningBehavior.AUTO_UPGRADE,
        )

    def _show(self) -> None:
        """Show operators where the journey is; written to history only when that changed."""
        workflow.set_current_details(current_details(self._state))
        shown = workflow.info().typed_search_attributes
        if changes := attributes.changes(shown, attributes.attributes_of(self._state)):
            workflow.upsert_search_attributes(changes)

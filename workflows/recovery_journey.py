"""The recovery journey: buffer, plan, and for each message wait, ask, send. Decisions are domain's.

The wait for a quiet customer is never spent inside a run: a start delay or a continue-as-new
backoff holds it, so that each further event costs one history event and no workflow task.
"""

from datetime import datetime, timedelta
from typing import NoReturn

from temporalio import workflow
from temporalio.exceptions import ActivityError

from workflows import names, policies

with workflow.unsafe.imports_passed_through():
    from activities.errors import is_exit_api_unavailable
    from activities.exit_check import ExitCheck
    from activities.outcome import Outcomes
    from activities.plan import Plans
    from activities.send_message import SendMessage
    from domain import closing
    from domain.answers import MessageFailed, SendStatus
    from domain.buffer import Wait, settle
    from domain.events import JourneyEvent
    from domain.journey import JourneyState
    from domain.later_events import Postpone
    from domain.outcomes import Ending, Reason
    from domain.planning import PlannedStep
    from domain.questions import ExitCheckRequest, PlanRequest
    from domain.story import WATCHING, details
    from workflows import attributes


@workflow.defn(name=names.WORKFLOW)
class RecoveryJourney:
    """One customer's way from "left without buying" to "came back", or to being left alone."""

    @workflow.init
    def __init__(self, state: JourneyState) -> None:
        """Take up the state before any signal is handled."""
        self._state = state
        self._resumed = False

    @workflow.run
    async def run(self, _state: JourneyState) -> Ending:
        """Tell the story from the end of the buffer to the outcome."""
        ending = await self._find_trigger() or await self._follow_plan()
        await self._close(ending)
        return ending

    @workflow.signal(name=names.EVENT_RECEIVED)
    def event_received(self, event: JourneyEvent) -> None:
        """The customer did something on the store."""
        self._state.receive(event)

    @workflow.signal(name=names.EXIT_REQUESTED)
    def exit_requested(self, event: JourneyEvent) -> None:
        """An operator ended the journey, or the customer opted out."""
        self._state.request_exit(event)

    @workflow.signal(name=names.STORE_RESUMED)
    def store_resumed(self) -> None:
        """What held this journey is gone."""
        self._resumed = True

    @workflow.signal(name=names.MESSAGE_FAILED)
    def message_failed(self, failed: MessageFailed) -> None:
        """Meta could not deliver a message that it had taken."""
        self._state.receive_failure(failed)

    @workflow.query(name=names.STATUS)
    def status(self) -> JourneyState:
        """Everything the journey knows, for those who explain it."""
        return self._state

    async def _find_trigger(self) -> Ending | None:
        """The buffer has passed: choose what the journey is about, and how to go on."""
        state = self._state
        if state.trigger is not None or state.exit is not None:
            return state.requested_exit()
        match settle(state.pending, workflow.now(), state.buffer):
            case Wait(until=until):
                state.keep_essential()
                self._begin_again(state, until)
            case Ending() as ending:
                state.name_subject()
                state.take_pending()
                return ending
            case settled:
                state.begin(settled, workflow.now())
        return await self._load_plan(first=True)

    async def _load_plan(self, *, first: bool) -> Ending | None:
        subject = self._state.subject()
        request = PlanRequest(
            store_id=self._state.store_id,
            customer_id=self._state.customer_id,
            trigger_event_id=subject.trigger.event_id,
            kind=subject.trigger.kind,
            left_at=subject.left_at,
            first=first,
        )
        plan = await workflow.execute_local_activity_method(
            Plans.load_plan,
            request,
            start_to_close_timeout=policies.DATABASE_TIMEOUT,
            retry_policy=policies.UNTIL_DATABASE_IS_BACK,
            local_retry_threshold=policies.NOT_IN_A_WORKFLOW_TASK,
            summary=f"load the plan for {subject.trigger.kind}",
        )
        return self._state.follow(plan, workflow.now())

    async def _follow_plan(self) -> Ending:
        state, ending = self._state, None
        while (step := state.next_step()) is not None or state.watch(workflow.now()):
            self._show()
            if await self._news_before(step):
                ending = await self._hear_news()
            elif step is not None:
                ending = await self._deliver(step)
            if ending is not None:
                return ending
        return state.plan_done()

    async def _news_before(self, step: PlannedStep | None) -> bool:
        """Wait until a message is due, or until all were watched for long enough.

        True as soon as anything happened before that.
        """
        state, now = self._state, workflow.now()
        if workflow.info().is_continue_as_new_suggested():
            self._begin_again(state, now)
        delay = state.time_to(step, now) if step else state.watch(now)
        if delay > timedelta(0) and not state.has_news():
            await self._wait(delay, step.label if step else WATCHING)
        return state.has_news()

    async def _wait(self, delay: timedelta, summary: str) -> None:
        try:
            await workflow.wait_condition(
                self._state.has_news, timeout=delay, timeout_summary=summary
            )
        except TimeoutError:
            return

    async def _hear_news(self) -> Ending | None:
        return await self._obey(self._state.hear_news(workflow.now()))

    async def _obey(self, verdict: Ending | Postpone | None) -> Ending | None:
        if isinstance(verdict, Postpone):
            self._state.postpone(verdict, workflow.now())
            return await self._load_plan(first=False)
        return verdict

    async def _deliver(self, step: PlannedStep) -> Ending | None:
        """Send one message if nothing speaks against it. None: see again whose turn it is."""
        state = self._state
        if (reason := state.hopeless(step, workflow.now())) is not None:
            state.skip(step, reason, {"due_at": step.due_at.isoformat()}, workflow.now())
            return None
        self._resumed = False
        cleared = await self._cleared(step) if state.rules.exit_check else True
        if cleared is True and not state.has_news():
            return await self._send(step)
        return cleared if isinstance(cleared, Ending) else None

    async def _cleared(self, step: PlannedStep) -> Ending | bool:
        """Ask the partner: an ending, True to go on and send, False to look again."""
        state, subject = self._state, self._state.subject()
        request = ExitCheckRequest(
            store_id=state.store_id,
            customer_id=state.customer_id,
            left_at=subject.left_at,
            trigger_at=subject.trigger.at,
        )
        patience = state.rules.exit_check_timeout + policies.BEYOND_THE_PARTNERS_TIMEOUT
        try:
            answer = await workflow.execute_activity_method(
                ExitCheck.exit_check,
                request,
                start_to_close_timeout=patience,
                retry_policy=policies.ASK_PARTNER,
                summary=f"before message {step.number} of {step.of}: did they come back?",
            )
        except ActivityError as error:
            return self._not_answered(step, error)
        if answer.held:
            return await self._hold(Reason.STORE_PAUSED)
        verdict = state.hear_partner(answer, workflow.now())
        return True if verdict is None else await self._obey(verdict) or False

    def _not_answered(self, step: PlannedStep, error: ActivityError) -> bool:
        """The partner's failure is the store's to decide on; our own only puts the message off."""
        if not is_exit_api_unavailable(error):
            self._defer(step, Reason.SEND_FAILED)
            return False
        return self._state.partner_unavailable(step, str(error.cause), workflow.now())

    async def _send(self, step: PlannedStep) -> Ending | None:
        try:
            answer = await workflow.execute_activity_method(
                SendMessage.send_message,
                self._state.send_request(step),
                start_to_close_timeout=policies.SEND_TIMEOUT,
                retry_policy=policies.SEND,
                summary=self._state.told(step),
            )
        except ActivityError:
            self._defer(step, Reason.SEND_FAILED)
            return None
        if self._state.fall_back(step, answer.reason, answer.evidence, workflow.now()):
            return None
        if answer.status is SendStatus.HELD:
            await self._hold(answer.reason or Reason.STORE_PAUSED)
            return None
        return self._state.take_answer(step, answer, workflow.now())

    def _defer(self, step: PlannedStep, reason: Reason) -> None:
        wait = policies.DEFER_FIRST * 2 ** min(self._state.deferrals, 10)
        until = workflow.now() + min(wait, policies.DEFER_AT_MOST)
        self._state.defer(step, reason, until, workflow.now())

    async def _hold(self, reason: Reason) -> bool:
        """Wait, however long, until the store is resumed or anything happens; then look again."""
        self._state.note(workflow.now(), "held", reason, {})
        self._show()
        await workflow.wait_condition(lambda: self._resumed or self._state.has_news())
        return False

    async def _close(self, ending: Ending) -> None:
        """Write the outcome down once, show it, and begin the next journey if there is one."""
        state, info = self._state, workflow.info()
        state.end(ending, workflow.now())
        await workflow.execute_local_activity_method(
            Outcomes.record_outcome,
            closing.record(state, info.run_id, workflow.now()),
            start_to_close_timeout=policies.DATABASE_TIMEOUT,
            retry_policy=policies.UNTIL_DATABASE_IS_BACK,
            local_retry_threshold=policies.NOT_IN_A_WORKFLOW_TASK,
            summary=f"write down: {ending.outcome}, {ending.reason}",
        )
        self._show()
        if events := closing.left_over(state):
            left_at = max(event.at for event in events)
            self._begin_again(closing.successor(state, events), left_at + state.buffer)

    def _begin_again(self, state: JourneyState, at: datetime) -> NoReturn:
        """Go on as a new run, asleep until then; events that come meanwhile only queue up."""
        wait = max(at - workflow.now(), timedelta(0))
        workflow.continue_as_new(
            state,
            backoff_start_interval=wait or None,
            search_attributes=attributes.of(state),
        )

    def _show(self) -> None:
        """Tell operators where the journey is; written to history only when that changed."""
        workflow.set_current_details(details(self._state))
        shown = workflow.info().typed_search_attributes
        if changes := attributes.changes(shown, attributes.of(self._state)):
            workflow.upsert_search_attributes(changes)

"""The journey without promises: sleep, then two activities that make the same two HTTP calls."""

from datetime import datetime, timedelta
from typing import Final

from temporalio import workflow

WORKFLOW: Final = "BareJourney"
TASK_QUEUE: Final = "bare-journeys"
ASK, SEND = "ask", "send"
TIMEOUT: Final = timedelta(seconds=30)


@workflow.defn(name=WORKFLOW)
class BareJourney:
    """Sleeps until an instant, asks the partner, and posts to Meta."""

    @workflow.run
    async def run(self, customer: int, due: str) -> None:
        """One customer's message."""
        await workflow.sleep(datetime.fromisoformat(due) - workflow.now())
        for activity in (ASK, SEND):
            await workflow.execute_activity(activity, customer, start_to_close_timeout=TIMEOUT)

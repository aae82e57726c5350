"""Workers on every task queue, and the limits of one process."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any, Final

from temporalio.client import Client
from temporalio.common import VersioningBehavior, WorkerDeploymentVersion
from temporalio.worker import (
    FixedSizeSlotSupplier,
    PollerBehaviorAutoscaling,
    UnsandboxedWorkflowRunner,
    Worker,
    WorkerDeploymentConfig,
    WorkerTuner,
    WorkflowRunner,
)

from activities.deliver import Deliver
from activities.outcome import Outcomes
from activities.plan import Plans
from temporal.slots import SharedSlots
from workflows.queues import TASK_QUEUES
from workflows.recovery_journey import RecoveryJourney

SHUTDOWN_GRACE = timedelta(seconds=25)
"""On shutdown: as long as a request to Meta may take, so that none becomes unknown. A worker that
stops claims no further message."""


@dataclass(frozen=True)
class Limits:
    """What one worker process runs at the same time, at most."""

    slots: int = 48
    """Activities besides one for each queue. A message takes one, so with answers from partners and
    Meta in half a second that is some 50 a second of one store, and 9 when a partner takes 5 s."""
    tasks: int = 5
    """Workflow tasks of each queue; one takes milliseconds."""
    cached: int = 1000
    """Journeys of each queue kept in memory between two of their tasks, 55 KiB each. When more
    messages of a queue are due at once, their journeys are read from history again afterwards."""


DEFAULT_LIMITS = Limits()

POLLERS = PollerBehaviorAutoscaling(minimum=1, maximum=5, initial=1)
"""Of each queue and kind of task. A task that finds a waiting poll is handed over at once, others
are written to Temporal's database and read again. Idle queues keep one poll: each takes one of the
process's slots."""

STICKY_TIMEOUT = timedelta(seconds=60)
"""How long a workflow task waits for the worker that has its journey in memory. By default that is
10 s, which a rush exceeds: each task is then scheduled anew, and its journey read again. After a
worker was killed, what waits for it runs that much later."""

REGISTRATION_PACE = timedelta(seconds=0.5)
"""Between the first polls of two queues by a versioned worker. Temporal registers each queue with
its deployment, ten at the same time (server 1.32). More fail, try again, and hold up all others: on
a busy machine for minutes."""

WORKFLOW_RUNNER: Final = UnsandboxedWorkflowRunner()
"""Without the sandbox, which takes 4 to 10 ms of processor time for a journey. Tests run journeys
in it and replay recorded histories in it: both hold workflow code to what it may do."""


@dataclass(frozen=True)
class JourneyActivities:
    """The activities that journeys call."""

    plans: Plans
    deliver: Deliver
    outcomes: Outcomes

    @property
    def callables(self) -> list[Callable[..., Any]]:
        """What a worker registers."""
        return [
            self.plans.load_plan,
            self.deliver.deliver,
            self.deliver.record_send,
            self.outcomes.record_outcome,
        ]


@asynccontextmanager
async def run_workers(
    client: Client,
    activities: JourneyActivities,
    *,
    limits: Limits = DEFAULT_LIMITS,
    deployment: tuple[str, str] | None = None,
    workflow_runner: WorkflowRunner = WORKFLOW_RUNNER,
) -> AsyncIterator[None]:
    """Run workers on all queues while the block runs; then finish the running tasks.

    Args:
        client: of the namespace.
        activities: what journeys call.
        limits: of this process.
        deployment: name and build id, by which the journeys that begin here stay here (pinned);
            None: workers are not versioned.
        workflow_runner: runs workflow code.
    """
    make_worker = partial(
        Worker,
        client,
        workflows=[RecoveryJourney],
        activities=activities.callables,
        workflow_runner=workflow_runner,
        tuner=_tuner(limits),
        activity_task_poller_behavior=POLLERS,
        workflow_task_poller_behavior=POLLERS,
        max_cached_workflows=limits.cached,
        sticky_queue_schedule_to_start_timeout=STICKY_TIMEOUT,
        graceful_shutdown_timeout=SHUTDOWN_GRACE,
        deployment_config=None if deployment is None else _versioned(*deployment),
    )
    async with AsyncExitStack() as stack:
        started: list[Worker] = []
        try:
            for queue in TASK_QUEUES:
                started.append(await stack.enter_async_context(make_worker(task_queue=queue)))
                if deployment is not None:
                    await asyncio.sleep(REGISTRATION_PACE.total_seconds())
            yield
        finally:  # together: one after the other would give each the whole grace
            await asyncio.gather(*(worker.shutdown() for worker in started))


def _tuner(limits: Limits) -> WorkerTuner:
    return WorkerTuner.create_composite(
        workflow_supplier=FixedSizeSlotSupplier(limits.tasks),
        activity_supplier=SharedSlots(limits.slots),
        local_activity_supplier=FixedSizeSlotSupplier(limits.tasks),
        nexus_supplier=FixedSizeSlotSupplier(1),
    )


def _versioned(name: str, build_id: str) -> WorkerDeploymentConfig:
    """A journey stays with the build on which it began, until it begins again."""
    return WorkerDeploymentConfig(
        version=WorkerDeploymentVersion(deployment_name=name, build_id=build_id),
        use_worker_versioning=True,
        default_versioning_behavior=VersioningBehavior.PINNED,
    )

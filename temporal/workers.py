"""Workers on every task queue, and the limits of one process."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from temporalio.client import Client
from temporalio.common import VersioningBehavior, WorkerDeploymentVersion
from temporalio.worker import (
    FixedSizeSlotSupplier,
    Worker,
    WorkerDeploymentConfig,
    WorkerTuner,
)
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions

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
    tasks: int = 3
    """Workflow tasks of each queue; one takes milliseconds."""


DEFAULT_LIMITS = Limits()

ACTIVITY_POLLERS = 1
"""Polls for activities that wait at Temporal, for each queue; each keeps a slot."""

WORKFLOW_POLLERS = 2
"""The same for workflow tasks: one for journeys in memory, one for others."""

MAX_CACHED_JOURNEYS = 1000
"""Journeys kept in memory between two of their tasks, of all queues together."""

WORKFLOW_RUNNER = SandboxedWorkflowRunner(
    restrictions=SandboxRestrictions.default.with_passthrough_modules("workflows")
)
"""Imports the workflow's files once: the sandbox would load them anew for every run, which took a
third of a busy worker's processor. Recorded histories are replayed in the whole sandbox, which
holds these files to what a workflow may do."""


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
) -> AsyncIterator[None]:
    """Run workers on all queues while the block runs; then finish the running tasks.

    Args:
        client: of the namespace.
        activities: what journeys call.
        limits: of this process.
        deployment: name and build id, by which the journeys that begin here stay here (pinned);
            None: workers are not versioned.
    """
    async with AsyncExitStack() as stack:
        tuner = WorkerTuner.create_composite(
            workflow_supplier=FixedSizeSlotSupplier(limits.tasks),
            activity_supplier=SharedSlots(limits.slots),
            local_activity_supplier=FixedSizeSlotSupplier(limits.tasks),
            nexus_supplier=FixedSizeSlotSupplier(1),
        )
        config = None if deployment is None else _versioned(*deployment)
        workers = [
            _worker(client, queue, activities.callables, tuner, config) for queue in TASK_QUEUES
        ]
        for worker in workers:
            await stack.enter_async_context(worker)
        try:
            yield
        finally:  # together: one after the other would give each the whole grace
            await asyncio.gather(*(worker.shutdown() for worker in workers))


def _worker(
    client: Client,
    task_queue: str,
    activities: Sequence[Callable[..., Any]],
    tuner: WorkerTuner,
    deployment_config: WorkerDeploymentConfig | None,
) -> Worker:
    return Worker(
        client,
        task_queue=task_queue,
        workflows=[RecoveryJourney],
        activities=activities,
        workflow_runner=WORKFLOW_RUNNER,
        tuner=tuner,
        max_concurrent_activity_task_polls=ACTIVITY_POLLERS,
        max_concurrent_workflow_task_polls=WORKFLOW_POLLERS,
        max_cached_workflows=MAX_CACHED_JOURNEYS // len(TASK_QUEUES),
        graceful_shutdown_timeout=SHUTDOWN_GRACE,
        deployment_config=deployment_config,
    )


def _versioned(name: str, build_id: str) -> WorkerDeploymentConfig:
    """A journey stays with the build on which it began, until it begins again."""
    return WorkerDeploymentConfig(
        version=WorkerDeploymentVersion(deployment_name=name, build_id=build_id),
        use_worker_versioning=True,
        default_versioning_behavior=VersioningBehavior.PINNED,
    )

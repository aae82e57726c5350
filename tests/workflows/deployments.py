"""What an operator asks and tells Temporal about the builds of workers."""

import asyncio
from dataclasses import dataclass
from datetime import timedelta

from temporalio.api.deployment.v1 import WorkerDeploymentVersion
from temporalio.api.enums.v1 import EventType, VersionDrainageStatus
from temporalio.api.workflowservice.v1 import (
    DescribeWorkerDeploymentVersionRequest,
    SetWorkerDeploymentCurrentVersionRequest,
)
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from temporal.health import has_worker
from tests.workflows.world import Shop, real_now

NAME = "comeback"
PATIENCE = timedelta(seconds=180)
NOT_YET = {
    RPCStatusCode.NOT_FOUND,
    RPCStatusCode.FAILED_PRECONDITION,
    RPCStatusCode.RESOURCE_EXHAUSTED,
    RPCStatusCode.UNAVAILABLE,
    RPCStatusCode.CANCELLED,
    RPCStatusCode.DEADLINE_EXCEEDED,
}
"""Temporal's answers until the workers of all task queues are registered."""


@dataclass(frozen=True)
class Deployment:
    """The deployment of a namespace."""

    client: Client

    async def make_current(self, build_id: str) -> None:
        """As `temporal worker deployment set-current-version`, repeated until workers poll."""
        request = SetWorkerDeploymentCurrentVersionRequest(
            namespace=self.client.namespace, deployment_name=NAME, build_id=build_id
        )
        async with asyncio.timeout(PATIENCE.total_seconds()):
            while True:
                try:
                    await self.client.workflow_service.set_worker_deployment_current_version(
                        request
                    )
                except RPCError as error:
                    if error.status not in NOT_YET:
                        raise
                    await asyncio.sleep(1)  # Temporal takes few calls about a deployment a second
                else:
                    return

    async def drained(self, build_id: str) -> None:
        """Return when no pinned journey is open on a build."""
        request = DescribeWorkerDeploymentVersionRequest(
            namespace=self.client.namespace,
            deployment_version=WorkerDeploymentVersion(deployment_name=NAME, build_id=build_id),
        )
        drained = VersionDrainageStatus.VERSION_DRAINAGE_STATUS_DRAINED
        async with asyncio.timeout(PATIENCE.total_seconds()):
            while True:
                answer = await self.client.workflow_service.describe_worker_deployment_version(
                    request
                )
                info = answer.worker_deployment_version_info
                if info.drainage_info.status == drained:
                    return

    async def is_ready(self) -> bool:
        """What readiness says about workers."""
        return await has_worker(self.client, real_now() - PATIENCE)

    async def build_of(self, shop: Shop) -> str:
        """The build that did the last workflow task of a customer's last run."""
        handle = self.client.get_workflow_handle(shop.customer.journey_id)
        done = EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED
        builds = [
            event.workflow_task_completed_event_attributes.deployment_version.build_id
            async for event in handle.fetch_history_events()
            if event.event_type == done
        ]
        return builds[-1] if builds else ""

"""Whether Temporal answers, and whether a worker polls."""

from datetime import datetime

from temporalio.api.deployment.v1 import WorkerDeploymentOptions
from temporalio.api.enums.v1 import TaskQueueType, WorkerVersioningMode
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import DescribeTaskQueueRequest
from temporalio.client import Client
from temporalio.service import RPCError

from temporal.rpc import TemporalUnavailableError
from workflows.queues import TASK_QUEUES

CALL_ERRORS = (RPCError, RuntimeError)
"""A lazy client raises RuntimeError when it cannot connect."""


async def check_temporal(client: Client) -> None:
    """Ask the server for its health.

    Raises:
        TemporalUnavailableError: it does not answer.
    """
    try:
        await client.service_client.check_health()
    except CALL_ERRORS as error:
        raise TemporalUnavailableError(type(error).__name__) from error


async def has_worker(client: Client, since: datetime) -> bool:
    """Whether a worker that takes new journeys polled for workflow tasks since then.

    With Worker Versioning these are the workers of the current version; without a current version
    those that are not versioned.

    Raises:
        TemporalUnavailableError: the server does not answer.
    """
    queue = DescribeTaskQueueRequest(
        namespace=client.namespace,
        task_queue=TaskQueue(name=TASK_QUEUES[-1]),
        task_queue_type=TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW,
    )
    try:
        answer = await client.workflow_service.describe_task_queue(queue)
    except CALL_ERRORS as error:
        raise TemporalUnavailableError(type(error).__name__) from error
    current = answer.versioning_info.current_deployment_version
    return any(
        poller.last_access_time.ToDatetime(since.tzinfo) >= since
        and _version(poller.deployment_options) == (current.deployment_name, current.build_id)
        for poller in answer.pollers
    )


def _version(options: WorkerDeploymentOptions) -> tuple[str, str]:
    """Name and build id of a versioned worker; both are empty of another."""
    if options.worker_versioning_mode != WorkerVersioningMode.WORKER_VERSIONING_MODE_VERSIONED:
        return "", ""
    return options.deployment_name, options.build_id

"""For whoever watches the installation: liveness, readiness, metrics."""

import asyncio
from collections.abc import Awaitable
from datetime import timedelta

from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_LATEST
from temporalio.api.enums.v1 import TaskQueueType
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import DescribeTaskQueueRequest
from temporalio.service import RPCError

from api.dependencies import Running
from api.errors import AWAY
from api.metrics import Figures, exposition
from api.services import Services
from storage import figures, webhooks
from workflows.queues import TASK_QUEUES

PATIENCE = timedelta(seconds=2)
RECENTLY = timedelta(seconds=75)
"""An idle worker asks for work once in 60 seconds: so long does Temporal let a poll wait."""

OK = "ok"
router = APIRouter(tags=["health"])


@router.get("/health/live")
async def live() -> dict[str, str]:
    """Whether the process is up."""
    return {"status": OK}


@router.get("/health/ready", responses={503: {"description": "Names what is missing"}})
async def ready(services: Running, response: Response) -> dict[str, str]:
    """Whether database and Temporal answer, and a worker is at work."""
    database, temporal, worker = await asyncio.gather(
        _told(services.database.ping()),
        _told(_temporal(services)),
        _told(_worker(services)),
    )
    parts = {"database": database, "temporal": temporal, "worker": worker}
    response.status_code = 200 if set(parts.values()) == {OK} else 503
    return parts


@router.get("/metrics")
async def metrics(services: Running) -> Response:
    """Prometheus's text format."""
    return Response(
        exposition(services.metrics, await _figures(services)), media_type=CONTENT_TYPE_LATEST
    )


async def _told(check: Awaitable[str | None]) -> str:
    """`ok`, or what is wrong, without anything that only the inside should know."""
    try:
        async with asyncio.timeout(PATIENCE.total_seconds()):
            return await check or OK
    except (*AWAY, RPCError, RuntimeError):  # RuntimeError: a lazy client cannot connect
        return "not reachable"


async def _temporal(services: Services) -> None:
    await services.temporal.service_client.check_health()


async def _worker(services: Services) -> str | None:
    queue = DescribeTaskQueueRequest(
        namespace=services.temporal.namespace,
        task_queue=TaskQueue(name=TASK_QUEUES[-1]),
        task_queue_type=TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW,
    )
    answer = await services.temporal.workflow_service.describe_task_queue(queue)
    since = services.clock() - RECENTLY
    seen = (poller.last_access_time.ToDatetime(since.tzinfo) for poller in answer.pollers)
    return None if any(at >= since for at in seen) else "no worker is polling"


async def _figures(services: Services) -> Figures:
    try:
        async with (
            asyncio.timeout(PATIENCE.total_seconds()),
            services.database.reading() as connection,
        ):
            now = services.clock()
            oldest = await webhooks.oldest(connection) or now
            return Figures(await figures.count(connection), max(now - oldest, timedelta(0)))
    except AWAY:
        return Figures()

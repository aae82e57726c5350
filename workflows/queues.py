"""The task queue of a store's journeys.

Stores are spread over several queues, and workers give each queue its own slots: the backlog of one
store takes nothing from the stores of other queues. Among the stores of one queue the server's
fairness keys decide, where it has them.
"""

from zlib import crc32

FIRST_QUEUE = "recovery-journeys"
"""The queue of journeys that were started before there were several. A run stays on its queue, and
so do the runs that it continues as: workers must poll it until the last such journey has closed."""

QUEUES = 16
"""Two stores share a queue with a chance of 1 in 16. To raise it, deploy workers before the API.
Never lower it: journeys stay on the queue on which they were started."""

TASK_QUEUES = (FIRST_QUEUE, *(f"{FIRST_QUEUE}-{number}" for number in range(QUEUES)))
"""The queues that a worker polls."""


def task_queue(store_id: str) -> str:
    """The queue of this store's journeys; every process and every release must say the same."""
    return f"{FIRST_QUEUE}-{crc32(store_id.encode()) % QUEUES}"

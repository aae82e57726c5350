"""Which task queue a store's journeys are worked on in.

Stores are spread over some queues, and workers give each queue its own slots: what one store has
waiting takes nothing from the stores of other queues, whatever Temporal's own turns are. Stores
that share a queue take turns where the server has fairness keys.
"""

from zlib import crc32

FIRST_QUEUE = "recovery-journeys"
"""Of journeys that were started before there were several. A run stays on its queue, and so do the
runs that follow from it: workers must poll it until the last such journey has closed."""

QUEUES = 16
"""Two stores share a queue with a chance of 1 in 16. To raise it, deploy workers before whatever
starts journeys; never lower it: journeys stay on the queue on which they were started."""

TASK_QUEUES = (FIRST_QUEUE, *(f"{FIRST_QUEUE}-{number}" for number in range(QUEUES)))
"""All that a worker polls."""


def task_queue(store_id: str) -> str:
    """The queue of this store's journeys; every process and every release must say the same."""
    return f"{FIRST_QUEUE}-{crc32(store_id.encode()) % QUEUES}"

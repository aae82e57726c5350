"""Timeouts and retry policies of the journey's activities, each with its reason."""

from datetime import timedelta

from temporalio.common import RetryPolicy

DATABASE_TIMEOUT = timedelta(seconds=10)
"""For one transaction; a database that takes longer is down."""

UNTIL_DATABASE_IS_BACK = RetryPolicy(
    initial_interval=timedelta(seconds=1), maximum_interval=timedelta(minutes=1)
)
"""A journey can neither begin nor end without the database, so it waits as long as that takes."""

NOT_IN_A_WORKFLOW_TASK = timedelta(seconds=3)
"""A local activity whose next retry is later than this waits for it as a timer. Otherwise each
journey that waits for the database would keep one of the worker's slots, and write heartbeats."""

BEYOND_THE_PARTNERS_TIMEOUT = timedelta(seconds=70)
"""What a delivery may take besides the partner's answer: 10 s to claim, 20 s for the provider, 25 s
for a database that is away just then, the rest for reading and a busy worker."""

DELIVERY_HEARTBEAT = timedelta(seconds=20)
"""After a worker's death the next attempt begins within this, and finds what was claimed."""

DELIVER = RetryPolicy(
    initial_interval=timedelta(seconds=1),
    backoff_coefficient=4,
    maximum_interval=timedelta(minutes=1),
    maximum_attempts=9,
)
"""Retries only what is provably unsent, each time after a new exit check: 4 attempts for checks
that fail, which say when to ask again, and 5 for anything else. A message that could not be sent
is deferred after the last attempt."""

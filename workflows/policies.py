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

ASK_PARTNER = RetryPolicy(
    initial_interval=timedelta(seconds=8), backoff_coefficient=2, maximum_attempts=5
)
"""5 attempts, 8 + 16 + 32 + 64 s apart: about 2 minutes, as long as a deployment at the partner."""

BEYOND_THE_PARTNERS_TIMEOUT = timedelta(seconds=10)
"""What the exit check may take for itself: reading the store, resolving the host."""

SEND_TIMEOUT = timedelta(seconds=30)
"""The provider gets 20 s, the two transactions around the request the rest."""

SEND = RetryPolicy(initial_interval=timedelta(seconds=1), backoff_coefficient=4, maximum_attempts=4)
"""Retries only what the ledger proves unsent, for 21 s. Then the message is deferred, and a new
exit check precedes the next attempt."""

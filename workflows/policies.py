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
"""A local activity that waits longer than this for its next try waits as a timer: otherwise each
journey that waits for the database would keep one of the worker's slots, and write heartbeats."""

ASK_PARTNER = RetryPolicy(
    initial_interval=timedelta(seconds=8), backoff_coefficient=2, maximum_attempts=5
)
"""5 tries, 8 + 16 + 32 + 64 s apart: about 2 minutes, as long as a deployment at the partner."""

BEYOND_THE_PARTNERS_TIMEOUT = timedelta(seconds=10)
"""What the exit check may take for itself: reading the store, resolving the host."""

SEND_TIMEOUT = timedelta(seconds=30)
"""Meta is given 20 s, the two transactions around it the rest."""

SEND = RetryPolicy(initial_interval=timedelta(seconds=1), backoff_coefficient=4, maximum_attempts=4)
"""Retries only what the ledger proves unsent, for 21 s; then a fresh exit check comes first."""

DEFER_FIRST, DEFER_AT_MOST = timedelta(minutes=1), timedelta(hours=1)
"""How long a message that could not be sent waits, doubling, before everything is checked anew."""

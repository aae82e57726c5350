"""The failures that have Temporal try a delivery again.

ApplicationError
├── ExitApiUnavailable    the partner did not answer, or not with events
└── NotSent               the provider provably has nothing
"""

from datetime import timedelta

from temporalio.exceptions import ApplicationError, ApplicationErrorCategory


def exit_api_unavailable(because: str, again_in: timedelta) -> ApplicationError:
    """The partner's failure, which the store's `on_failure` decides on after the retries.

    Args:
        because: what failed, without personal data.
        again_in: when to ask again.
    """
    return ApplicationError(
        because,
        type="ExitApiUnavailable",
        next_retry_delay=again_in,
        category=ApplicationErrorCategory.BENIGN,
    )


def not_sent(because: str, again_in: timedelta | None = None) -> ApplicationError:
    """Nothing was sent, provably; to be tried again, in `again_in` if the provider named a pace."""
    return ApplicationError(
        because,
        type="NotSent",
        next_retry_delay=again_in,
        category=ApplicationErrorCategory.BENIGN,
    )

"""The failures that a journey tells apart, by type and never by text.

ApplicationError
├── ExitApiUnavailable    the partner did not answer, or not with events; retried
└── NotSent               the provider provably has nothing; retried, then deferred
"""

from datetime import timedelta

from temporalio.exceptions import ActivityError, ApplicationError, ApplicationErrorCategory

_EXIT_API_UNAVAILABLE = "ExitApiUnavailable"
_NOT_SENT = "NotSent"


def exit_api_unavailable(because: str, *, final: bool = False) -> ApplicationError:
    """The partner's failure, which the store's `on_failure` decides on after the retries.

    Args:
        because: what failed, without personal data.
        final: asking again would fail as surely.
    """
    return ApplicationError(
        because,
        type=_EXIT_API_UNAVAILABLE,
        non_retryable=final,
        category=ApplicationErrorCategory.BENIGN,
    )


def is_exit_api_unavailable(error: ActivityError) -> bool:
    """Whether an activity failed because of the partner, and not because of us."""
    cause = error.cause
    return isinstance(cause, ApplicationError) and cause.type == _EXIT_API_UNAVAILABLE


def not_sent(because: str, again_in: timedelta | None = None) -> ApplicationError:
    """Nothing was sent, provably; to be tried again, in `again_in` if the provider named a pace."""
    return ApplicationError(
        because,
        type=_NOT_SENT,
        next_retry_delay=again_in,
        category=ApplicationErrorCategory.BENIGN,
    )

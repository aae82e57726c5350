"""What became of one request to send a message: values, not exceptions, since each is a result.

    SendOutcome
    ├── Accepted  the provider took the message
    ├── Refused   the provider's error proves that nothing was sent, and says why
    ├── NotSent   the connection proves that nothing was sent: it may be tried again
    └── Unknown   it may have been sent: never send it again; the status webhook settles it

The same for every provider and channel. No field holds a token, a phone number or another id of
a person, except for `recipient_id` and `user_ids` of `Accepted`.
"""

from dataclasses import dataclass
from enum import StrEnum


class ErrorCategory(StrEnum):
    """What a provider's error says about this message and about the next one."""

    THROTTLED = "throttled"
    """Too fast for this number or app. Not sent; slow down, then try again."""
    PAIR_LIMIT = "pair_limit"
    """Too many to this one person just now. Not sent; try again after a while."""
    TEMPLATE_SYNCING = "template_syncing"
    """The provider does not have the template everywhere yet. Not sent; try again later."""
    UNCLEAR = "unclear"
    """Something broke at the provider, perhaps after the message went out: never send it again."""
    NOT_NOW = "not_now"
    """This person has had enough marketing from all businesses. Not again within 24 hours."""
    OPTED_OUT = "opted_out"
    """This person stopped this brand's marketing: suppress for this store."""
    UNREACHABLE = "unreachable"
    """Not on WhatsApp, blocked, or in an experiment: the end for this address."""
    TEMPLATE_WRONG = "template_wrong"
    """Template or parameters are wrong: an operator has to look at the details."""
    TEMPLATE_MISMATCH = "template_mismatch"
    """The template is not there, or takes other parameters. One person's data may be to blame; if
    it happens to several in a row it is the template: hold it."""
    TEMPLATE_HELD = "template_held"
    """The provider paused or disabled the template: hold the journeys that use it."""
    ACCOUNT = "account"
    """Number, account, payment or token: pause the store and hold its journeys."""
    REFUSED = "refused"
    """An error that is not in the provider's table."""


@dataclass(frozen=True)
class Accepted:
    """The provider took the message."""

    provider_id: str | None
    """The provider's id, which statuses refer to; None if it gives none."""
    answer: str
    """In the provider's words, such as `accepted` or `HTTP 202`."""
    recipient_id: str | None = None
    """The person as the provider knows them; may differ from the number that was asked for."""
    user_ids: tuple[str, ...] = ()
    """Further ids by which the provider tells of the person."""


@dataclass(frozen=True)
class Refused:
    """The provider said no. The category decides whether to try again."""

    category: ErrorCategory
    code: int | None
    title: str
    details: str = ""


@dataclass(frozen=True)
class NotSent:
    """Nothing reached the provider, or the provider did not look at it."""

    because: str


@dataclass(frozen=True)
class Unknown:
    """It cannot be told whether the message went out."""

    because: str
    code: int | None = None


SendOutcome = Accepted | Refused | NotSent | Unknown

"""What became of one request to Meta: values, not exceptions, since each of them is a result.

    Outcome
    ├── Sent      Meta took the message and named it
    ├── Refused   Meta's error code proves that nothing was sent, and says why
    ├── NotSent   the connection proves that nothing was sent: it may be tried again
    └── Unknown   it may have been sent: never send it again, the status webhook settles it

No field holds the token or a phone number, except `Sent.wa_id`, which is one.
"""

from dataclasses import dataclass

from whatsapp.errors import Verdict


@dataclass(frozen=True)
class Sent:
    """Meta took the message; `provider_id` is the `wamid` that statuses refer to."""

    provider_id: str
    wa_id: str | None
    """The person as WhatsApp knows them; may differ from the number that was asked for."""
    message_status: str
    """`accepted`, `held_for_quality_assessment` or `paused`."""


@dataclass(frozen=True)
class Refused:
    """Meta said no. Whether to try again is the verdict's matter."""

    verdict: Verdict
    code: int
    title: str
    details: str


@dataclass(frozen=True)
class NotSent:
    """Nothing reached Meta, or Meta did not look at it."""

    because: str


@dataclass(frozen=True)
class Unknown:
    """Nobody can tell from here whether the message went out."""

    because: str
    code: int | None = None


Outcome = Sent | Refused | NotSent | Unknown

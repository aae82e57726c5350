"""Meta's updates as models of the fields that are used; other fields are ignored.

From Meta's pages "messages", "edit", "user_preferences" and those on templates, on webhooks. Whom
an update is about is read from it apart (`whatsapp/people.py`): every id counts, and none need be
there.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any, Final, Self

from pydantic import (
    AliasPath,
    AwareDatetime,
    BeforeValidator,
    Field,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
    model_validator,
)

from domain.messages.send_outcome import ErrorCategory
from whatsapp.clicks import UserAction
from whatsapp.errors import category_of, deciding_code
from whatsapp.identifiers import PLAIN
from whatsapp.people import Person, person_of
from whatsapp.said import Button, Context, Edit, Interactive, Media, Part, Text
from whatsapp.send_response import without_numbers
from whatsapp.template_changes import TemplateUpdate

MetaId = Annotated[str, Field(min_length=1, max_length=256, pattern="^[^\x00]+$")]
MARKETING: Final = "marketing_messages"
STOP: Final = "stop"
RESUME: Final = "resume"
"""Values of a preference; there are others, which are about something else."""


class UpdateKind(StrEnum):
    """What an update is about."""

    STATUS = "status"
    MESSAGE = "message"
    USER_PREFERENCE = "user_preference"
    CLICK = "click"
    """What a person did with a marketing message."""
    TEMPLATE = "template"
    OTHER = "other"
    """Not about a journey: accounts, calls, history."""
    NOTIFICATION = "notification"
    """A notification in which no update can be read."""


class MetaError(Part):
    """Why a message failed."""

    code: Annotated[int, Field(ge=-(2**31), lt=2**31)]
    title: str | None = None
    message: str | None = None
    details: Annotated[str | None, Field(validation_alias=AliasPath("error_data", "details"))] = (
        None
    )

    @model_validator(mode="before")
    @classmethod
    def _by_subcode(cls, error: Any) -> Any:
        match error:
            case {"code": int(code), "error_subcode": int(subcode)}:
                return {**error, "code": deciding_code(code, subcode)}
        return error

    @property
    def text(self) -> str:
        """Meta's words in one line, without phone numbers."""
        parts = dict.fromkeys(filter(None, (self.title or self.message, self.details)))
        plain = without_numbers(": ".join(parts)).replace("\x00", "")
        return plain.encode(errors="replace").decode()  # half a surrogate pair cannot be stored


def _or_empty(value: Any) -> Any:
    return [] if value is None else value


NOT_OF_MESSAGES: Final = frozenset({"payment", "call"})
"""What else Meta posts statuses of, partly with the same names: a payment can be `failed`."""


class Status(Part):
    """The status of a message, or of a payment or call when `type` says so."""

    id: MetaId
    status: str
    type: str | None = None
    timestamp: AwareDatetime
    biz_opaque_callback_data: str | None = None
    errors: Annotated[list[MetaError], BeforeValidator(_or_empty), Field(default_factory=list)]

    @property
    def is_of_a_message(self) -> bool:
        """Whether it is a message's status."""
        return self.type not in NOT_OF_MESSAGES

    @property
    def opted_out(self) -> bool:
        """Whether it failed because the person stopped this brand's marketing."""
        return any(category_of(error.code) is ErrorCategory.OPTED_OUT for error in self.errors)


def _none_if_unreadable(value: Any, read: ValidatorFunctionWrapHandler) -> Any:
    try:
        return read(value)
    except ValidationError:
        return None


SentAt = Annotated[AwareDatetime | None, WrapValidator(_none_if_unreadable)]
"""When a person chose something; None where it cannot be read, which spoils no opt-out."""


class Inbound(Part):
    """A customer's message to a store's number."""

    timestamp: AwareDatetime | None = None
    sender: Annotated[str | None, Field(validation_alias="from")] = None
    """Digits of the number; missing where Meta gives only a user id."""
    text: Text | None = None
    button: Button | None = None
    interactive: Interactive | None = None
    edit: Edit | None = None
    image: Media | None = None
    video: Media | None = None
    document: Media | None = None
    context: Context | None = None

    @property
    def said(self) -> list[str]:
        """What the customer wrote or pressed, or made of an earlier message."""
        media = (self.image, self.video, self.document)
        parts = (self.text, self.button, self.interactive, self.edit, *media)
        return [text for part in parts if part is not None for text in part.said if text]

    @property
    def answers(self) -> str | None:
        """The `wamid` of the message that it replies to."""
        edited = self.edit.message.context if self.edit else None
        context = self.context or edited
        wamid = context.id if context else ""
        return wamid if PLAIN.fullmatch(wamid) else None


class TimedInbound(Inbound):
    """A message as Meta documents it, with its time."""

    timestamp: AwareDatetime


class Preference(Part):
    """A customer stopped or resumed a business's marketing in WhatsApp itself."""

    timestamp: SentAt = None
    wa_id: str | None = None
    category: str = MARKETING
    value: str

    @model_validator(mode="after")
    def _resumed_at_some_time(self) -> Self:
        """What lifts an opt-out must be newer than it."""
        if self.timestamp is None and self.value != STOP:
            raise ValueError("a timestamp is required")
        return self


@dataclass(frozen=True)
class Unreadable:
    """An update that is not what Meta documents, and what is wrong with it."""

    body: str
    problems: Sequence[Any]


@dataclass(frozen=True)
class Other:
    """A readable update that no journey needs."""


Content = Status | Inbound | Preference | UserAction | TemplateUpdate | Other | Unreadable


@dataclass(frozen=True)
class Update:
    """One update, and the phone number's id at Meta that it came to."""

    kind: UpdateKind
    phone_number_id: str | None
    content: Content
    item: Any = None
    """What `content` was read from, with the ids of its contact."""

    @property
    def person(self) -> Person:
        """Whom it is about."""
        return person_of(self.item)

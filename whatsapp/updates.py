"""Meta's updates as models: what is used of them. Fields that are not known here are passed over.

From Meta's pages "messages" and "user_preferences" on webhooks.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any, Final

from pydantic import AliasPath, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field

from whatsapp.answers import without_numbers
from whatsapp.errors import Verdict, verdict_of

Identifier = Annotated[str, Field(min_length=1, max_length=256, pattern="^[^\x00]+$")]
MARKETING: Final = "marketing_messages"
PLAIN: Final = re.compile("[!-~]{1,256}")
"""What an identifier of Meta's looks like."""


class Kind(StrEnum):
    """What an update is about."""

    STATUS = "status"
    MESSAGE = "message"
    USER_PREFERENCE = "user_preference"
    OTHER = "other"
    """Nothing that journeys have to do with: templates, accounts, calls, history."""
    NOTIFICATION = "notification"
    """No update could be made out."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, coerce_numbers_to_str=True)


class MetaError(_Part):
    """Why a message failed."""

    code: Annotated[int, Field(ge=-(2**31), lt=2**31)]
    title: str | None = None
    message: str | None = None
    details: Annotated[str | None, Field(validation_alias=AliasPath("error_data", "details"))] = (
        None
    )

    @property
    def text(self) -> str:
        """Meta's words in one line, without whatever could be a phone number."""
        said = dict.fromkeys(filter(None, (self.title or self.message, self.details)))
        plain = without_numbers(": ".join(said)).replace("\x00", "")
        return plain.encode(errors="replace").decode()  # half a surrogate pair cannot be kept


def _or_empty(value: Any) -> Any:
    return [] if value is None else value


NOT_OF_MESSAGES: Final = frozenset({"payment", "call"})
"""What else Meta tells statuses of, some in the same words: a payment is `failed`, too."""


class Status(_Part):
    """How far a message of ours has come; or a payment or a call, when `type` says so."""

    id: Identifier
    status: str
    type: str | None = None
    timestamp: AwareDatetime
    biz_opaque_callback_data: str | None = None
    errors: Annotated[list[MetaError], BeforeValidator(_or_empty)] = []

    @property
    def is_of_a_message(self) -> bool:
        """Whether it tells of a message."""
        return self.type not in NOT_OF_MESSAGES

    @property
    def opted_out(self) -> bool:
        """Whether it failed because the person stopped this brand's marketing."""
        return any(verdict_of(error.code) is Verdict.OPTED_OUT for error in self.errors)


class _Text(_Part):
    body: str = ""


class _Button(_Part):
    """A quick reply of a template."""

    text: str = ""
    payload: str = ""


class _Choice(_Part):
    id: str = ""
    title: str = ""


class _Interactive(_Part):
    button_reply: _Choice = _Choice()
    list_reply: _Choice = _Choice()


class _Context(_Part):
    id: str = ""


class Inbound(_Part):
    """What somebody sent to a store's number."""

    timestamp: AwareDatetime
    sender: Annotated[str | None, Field(validation_alias="from")] = None
    """Digits of the number; missing where Meta tells only a user id."""
    text: _Text | None = None
    button: _Button | None = None
    interactive: _Interactive | None = None
    context: _Context | None = None

    @property
    def said(self) -> list[str]:
        """What the person wrote or pressed."""
        parts = [self.text and self.text.body]
        if self.button is not None:
            parts += [self.button.payload, self.button.text]
        if self.interactive is not None:
            for choice in (self.interactive.button_reply, self.interactive.list_reply):
                parts += [choice.id, choice.title]
        return [part for part in parts if part]

    @property
    def answers(self) -> str | None:
        """The `wamid` of the message that it replies to."""
        wamid = self.context.id if self.context else ""
        return wamid if PLAIN.fullmatch(wamid) else None


class Preference(_Part):
    """Somebody stopped or resumed a business's marketing in WhatsApp itself."""

    timestamp: AwareDatetime
    wa_id: str | None = None
    category: str = MARKETING
    value: str


@dataclass(frozen=True)
class Unreadable:
    """An update that is not what Meta says it is, and what is wrong about it."""

    body: str
    problems: Sequence[Any]


@dataclass(frozen=True)
class Other:
    """An update that was understood to be none of ours."""


Content = Status | Inbound | Preference | Other | Unreadable


@dataclass(frozen=True)
class Update:
    """One update, and the number at Meta that it came to."""

    kind: Kind
    phone_number_id: str | None
    content: Content
    item: Any = None
    """What `content` was read from."""

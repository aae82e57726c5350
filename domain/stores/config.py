"""A store's configuration: whom it belongs to, whom to ask, how to send, and its plans."""

from datetime import time, timedelta
from enum import StrEnum
from typing import Annotated, Any, Final, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from phonenumbers import SUPPORTED_REGIONS
from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    HttpUrl,
    ValidationInfo,
    field_validator,
    model_validator,
)

from domain.customers.opt_out_words import OptOutWord
from domain.events.kinds import (
    LOWEST_INTENT,
    ORDER_KINDS,
    RESERVED_PREFIX,
    EventKind,
    intent_of,
)
from domain.messages.channels import Channel
from domain.messages.message import ChannelName
from domain.messages.template_checks import AS_WRITTEN
from domain.stores.http_headers import HeaderName, HeaderValue
from domain.stores.message_costs import MessageCosts
from domain.stores.plans import Plan, Plans
from domain.values.config_model import ConfigModel
from domain.values.durations import Duration
from domain.values.secret_values import Token

StoreId = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$")]


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError("is not an IANA time zone, such as Asia/Kolkata") from error
    return name


def _known_region(region: str) -> str:
    if region not in SUPPORTED_REGIONS:
        raise ValueError("is not an ISO 3166 region, such as IN")
    return region


def _not_dots(segment: str, info: ValidationInfo) -> str:
    if info.context == AS_WRITTEN and segment in {".", ".."}:
        raise ValueError("is no part of a URL's path")
    return segment


TimeZone = Annotated[str, AfterValidator(_known_zone)]
MAX_WINDOW: Final = timedelta(days=30)
"""The longest attribution window."""

ClickParameter = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_-]{0,31}$")]


def _none_if_off(value: Any) -> Any:
    return None if value is False or value == "off" else value


class LowerIntent(StrEnum):
    """What an event of lower intent than the trigger does to the journey."""

    EXIT = "exit"
    POSTPONE = "postpone"
    IGNORE = "ignore"


class Unplanned(StrEnum):
    """What a browsing event without a plan does to the journey."""

    POSTPONE = "postpone"
    EXIT = "exit"
    IGNORE = "ignore"


class OnFailure(StrEnum):
    """What becomes of a message when the Exit API cannot be asked."""

    SKIP = "skip"
    SEND = "send"


class ExitApi(ConfigModel):
    """The partner's Journey Exit API, in one of the guide's two forms."""

    url: HttpUrl
    style: Literal["query", "body"] = "query"
    event_count: Annotated[int, Field(ge=1, le=100)] = 5
    headers: dict[HeaderName, HeaderValue] = Field(default_factory=dict)
    timeout: Duration = timedelta(seconds=5)
    on_failure: OnFailure = OnFailure.SKIP

    @field_validator("timeout")
    @classmethod
    def _sensible(cls, timeout: timedelta) -> timedelta:
        if not timedelta(milliseconds=1) <= timeout <= timedelta(seconds=30):
            raise ValueError("lies between 1ms and 30s")
        return timeout


class WhatsAppAccount(ConfigModel):
    """The store's number at Meta, and which of Meta's two endpoints takes its messages."""

    phone_number_id: Annotated[
        str, Field(pattern=r"^[^\s/?#%\\]{1,64}$"), AfterValidator(_not_dots)
    ]
    access_token: Token
    waba_id: Annotated[str, Field(pattern=r"^[0-9]{1,32}$")] | None = None
    """The WhatsApp Business Account of the number, whose templates are checked."""
    endpoint: Literal["messages", "marketing_messages"] = "messages"
    messages_per_second: Annotated[int, Field(ge=1, le=1000)] = 80
    """Meta's throughput of the number: 80, or 1,000 once Meta has raised it."""


class QuietHours(ConfigModel):
    """Hours of the customer's day in which nothing is sent; `start` after `end` spans midnight."""

    start: time
    end: time

    @field_validator("start", "end")
    @classmethod
    def _naive(cls, value: time) -> time:
        if value.tzinfo is not None:
            raise ValueError("is wall-clock time; the zone is the customer's")
        return value

    @model_validator(mode="after")
    def _some_hours_left(self) -> Self:
        if self.start == self.end:
            raise ValueError("start and end are the same; leave quiet_hours out instead")
        return self


class FrequencyCap(ConfigModel):
    """At most so many messages to one person in any such period, all plans together."""

    messages: Annotated[int, Field(ge=1, le=1000)]
    per: Duration


class StoreConfig(ConfigModel):
    """What an operator puts: the whole configuration of one store."""

    organization_id: Annotated[str, Field(min_length=1, max_length=256)]
    name: Annotated[str, Field(min_length=1, max_length=256)]
    timezone: TimeZone
    default_region: Annotated[str, AfterValidator(_known_region)] | None = None
    buffer: Duration = timedelta(minutes=15)
    max_event_age: Duration = timedelta(hours=24)
    lower_intent_events: LowerIntent = LowerIntent.EXIT
    unplanned_events: Unplanned = Unplanned.POSTPONE
    order_grace: Annotated[Duration, Field(le=timedelta(days=1))] = timedelta(minutes=10)
    """An order takes back events that are stamped up to so much after it: clocks differ, and shops
    sync the cart after an order."""
    customer_ids: Literal["plain", "hashed"] = "plain"
    """`hashed`: a keyed hash stands for the partner's id everywhere but in bodies."""
    exit_api: ExitApi | None = None
    whatsapp: WhatsAppAccount
    consent: Literal["required"] | None = None
    """`required`: only who agreed by the very event that a journey is about is messaged."""
    quiet_hours: QuietHours | None = None
    frequency_cap: FrequencyCap | None = None
    opt_out_words: Annotated[list[OptOutWord], Field(max_length=100)] = Field(default_factory=list)
    """What customers say to get no more messages, besides STOP and UNSUBSCRIBE."""
    channels: dict[ChannelName, Channel] = Field(default_factory=dict)
    """The store's own channels, besides WhatsApp."""
    rate: Annotated[int, Field(ge=1, le=10_000)] | None = None
    """Events a second that the store may post; None: as many as this release gives to each."""
    attribution_window: Annotated[Duration, Field(gt=timedelta(0), le=MAX_WINDOW)] = timedelta(
        days=3
    )
    """How long after a message was delivered an order may be credited to it."""
    click_token: Annotated[ClickParameter | None, BeforeValidator(_none_if_off)] = "cb"  # noqa: S105  # a parameter's name
    """The URL parameter by which a click of a message is recognised; `off`: none is added."""
    message_costs: MessageCosts | None = None
    """What Meta charges; shown beside the revenue."""
    plans: Plans = Field(default_factory=dict)

    @field_validator("plans")
    @classmethod
    def _messageable(cls, plans: dict[str, Plan]) -> dict[str, Plan]:
        for kind, plan in plans.items():
            if kind in ORDER_KINDS or kind.startswith(RESERVED_PREFIX):
                raise ValueError(f"{kind} is no reason for a message; it cannot have a plan")
            if not plan.has_messages and kind != EventKind.CHECKOUT_INITIATED:
                raise ValueError(f"{kind} has no steps; leave it out instead")
        return plans

    @property
    def hashes_customer_ids(self) -> bool:
        """Whether customers' keys are hashes of the partner's ids."""
        return self.customer_ids == "hashed"

    def plan_kind(self, kind: str) -> str:
        """The kind whose plan is used: a checkout without a plan of its own has that of a cart."""
        falls_back = kind == EventKind.CHECKOUT_INITIATED and kind not in self.plans
        return EventKind.CART_UPDATE.value if falls_back else kind

    def plan_for(self, kind: str) -> Plan | None:
        """The plan of a kind; None: no plan."""
        plan = self.plans.get(self.plan_kind(kind))
        return plan if plan is not None and plan.has_messages else None

    @property
    def planned_kinds(self) -> frozenset[str]:
        """The kinds that have a plan, and so may be triggers."""
        kinds = {*self.plans, EventKind.CHECKOUT_INITIATED.value}
        return frozenset(kind for kind in kinds if self.plan_for(kind) is not None)

    def intent(self, kind: str) -> int:
        """The rank of a kind in this store, where a plan may raise a custom kind."""
        plan = self.plans.get(kind)
        if plan is not None and plan.intent is not None and intent_of(kind) == LOWEST_INTENT:
            return intent_of(plan.intent)
        return intent_of(kind)

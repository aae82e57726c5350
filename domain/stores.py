"""A store's configuration: whom it belongs to, whom to ask, how to send, and its plans."""

from datetime import time, timedelta
from enum import StrEnum
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from phonenumbers import SUPPORTED_REGIONS
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    HttpUrl,
    SecretStr,
    field_validator,
    model_validator,
)

from domain.durations import Duration
from domain.kinds import LOWEST_INTENT, RESERVED_PREFIX, Kind, intent_of
from domain.liquid import Liquid

StoreId = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$")]
MASK = str(SecretStr("secret"))


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


def _not_masked(secret: SecretStr) -> SecretStr:
    if secret.get_secret_value() == MASK:
        raise ValueError("is the mask that GET shows; give the secret itself")
    return secret


Secret = Annotated[SecretStr, Field(min_length=1), AfterValidator(_not_masked)]
TimeZone = Annotated[str, AfterValidator(_known_zone)]


class Config(BaseModel):
    """A part of the configuration. A key that it does not know is an error, not a wish."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class LowerIntent(StrEnum):
    """What an event of lower intent than the trigger does to the journey."""

    EXIT = "exit"
    POSTPONE = "postpone"
    IGNORE = "ignore"


class OnFailure(StrEnum):
    """What becomes of a message when the Exit API cannot be asked."""

    SKIP = "skip"
    SEND = "send"


class ExitApi(Config):
    """The partner's Journey Exit API, in one of the guide's two forms."""

    url: HttpUrl
    style: Literal["query", "body"] = "query"
    event_count: Annotated[int, Field(ge=1, le=100)] = 5
    headers: dict[Annotated[str, Field(pattern=r"^[A-Za-z0-9-]+$")], Secret] = {}
    timeout: Duration = timedelta(seconds=5)
    on_failure: OnFailure = OnFailure.SKIP

    @field_validator("timeout")
    @classmethod
    def _sensible(cls, timeout: timedelta) -> timedelta:
        if not timedelta(milliseconds=1) <= timeout <= timedelta(seconds=30):
            raise ValueError("lies between 1ms and 30s")
        return timeout


class WhatsApp(Config):
    """The store's number at Meta, and which of Meta's two endpoints takes its messages."""

    phone_number_id: Annotated[str, Field(pattern=r"^\S{1,64}$")]
    access_token: Secret
    endpoint: Literal["messages", "marketing_messages"] = "messages"


class QuietHours(Config):
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


class FrequencyCap(Config):
    """At most so many messages to one person in any such period, all plans together."""

    messages: Annotated[int, Field(ge=1, le=1000)]
    per: Duration


class Carousel(Config):
    """Cards made from a list of the event, `item` being the entry that a card is about."""

    items: Annotated[str, Field(pattern=r"^[a-z_]+(\.[a-z_]+)*$")] = "event_data.line_items"
    cards: Annotated[int, Field(ge=1, le=10)] | None = None
    """How many the template has: Meta wants exactly so many. None: one per item, up to 10."""
    header_image: Liquid
    body: list[Liquid] = []
    button_url: Liquid | None = None


class Step(Config):
    """One message of a plan, due `after` the customer left."""

    after: Duration
    expires_after: Duration | None = None
    """No longer worth sending when this much later than it was due."""
    template: Annotated[str, Field(pattern=r"^[a-z0-9_]{1,512}$")]
    language: Annotated[str, Field(pattern=r"^[A-Za-z]{2,3}(_[A-Za-z]{2,4})?$")]
    body: list[Liquid] | dict[Annotated[str, Field(pattern=r"^[a-z0-9_]+$")], Liquid] = []
    """Parameters of the body: a list for a positional template, an object for a named one."""
    header_image: Liquid | None = None
    button_url: Liquid | None = None
    """The variable end of the URL that the template's button has."""
    coupon_code: Liquid | None = None
    carousel: Carousel | None = None


class Plan(Config):
    """The steps for one kind of event. A bare list of steps is a plan without extras."""

    steps: Annotated[list[Step], Field(min_length=1, max_length=20)]
    intent: Kind | None = None
    """For a custom kind: the kind that it ranks with. Otherwise it has the lowest intent."""

    @field_validator("intent")
    @classmethod
    def _an_intent(cls, intent: Kind | None) -> Kind | None:
        if intent is Kind.ORDER_PLACED:
            raise ValueError("order_placed ends journeys; nothing ranks with it")
        return intent

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        delays = [step.after for step in self.steps]
        if delays != sorted(delays):
            raise ValueError("steps must stand in the order of their `after`")
        return self


def _plan_of_steps(value: Any) -> Any:
    return {"steps": value} if isinstance(value, list) else value


PlanKind = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.:-]{0,63}$")]


class StoreConfig(Config):
    """What an operator puts: the whole configuration of one store."""

    organization_id: Annotated[str, Field(min_length=1, max_length=256)]
    name: Annotated[str, Field(min_length=1, max_length=256)]
    timezone: TimeZone
    default_region: Annotated[str, AfterValidator(_known_region)] | None = None
    buffer: Duration = timedelta(minutes=15)
    max_event_age: Duration = timedelta(hours=24)
    lower_intent_events: LowerIntent = LowerIntent.EXIT
    exit_api: ExitApi | None = None
    whatsapp: WhatsApp
    quiet_hours: QuietHours | None = None
    frequency_cap: FrequencyCap | None = None
    plans: dict[PlanKind, Annotated[Plan, BeforeValidator(_plan_of_steps)]] = {}

    @field_validator("plans")
    @classmethod
    def _messageable(cls, plans: dict[str, Plan]) -> dict[str, Plan]:
        for kind in plans:
            if kind == Kind.ORDER_PLACED or kind.startswith(RESERVED_PREFIX):
                raise ValueError(f"{kind} ends journeys; it cannot have a plan")
        return plans

    def intent(self, kind: str) -> int:
        """The rank of a kind in this store, where a plan may raise a custom kind."""
        plan = self.plans.get(kind)
        if plan is not None and plan.intent is not None and intent_of(kind) == LOWEST_INTENT:
            return intent_of(plan.intent)
        return intent_of(kind)

"""A store's plans: which messages follow which kind of event, and what stands in them."""

from typing import Annotated, Any, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    field_validator,
    model_validator,
)

from domain.durations import Duration
from domain.kinds import Kind
from domain.template_checks import (
    ButtonUrl,
    CardButtonUrl,
    CardLink,
    CardLiquid,
    CouponCode,
    Link,
    Liquid,
    ListOfEvent,
)


class Config(BaseModel):
    """A part of the configuration. A key that it does not know is an error, not a wish."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class Carousel(Config):
    """Cards made from a list of the event, `item` being the entry that a card is about."""

    items: ListOfEvent = "event_data.line_items"
    cards: Annotated[int, Field(ge=1, le=10)] | None = None
    """How many the template has: Meta wants exactly so many. None: one per item, up to 10."""
    header_image: CardLink
    body: list[CardLiquid] = []
    button_url: CardButtonUrl | None = None


def _form(body: Any) -> str:
    return "named" if isinstance(body, dict) else "positional"


Body = Annotated[
    Annotated[list[Liquid], Tag("positional")]
    | Annotated[dict[Annotated[str, Field(pattern=r"^[a-z0-9_]+$")], Liquid], Tag("named")],
    Discriminator(_form),
]


class Step(Config):
    """One message of a plan, due `after` the customer left."""

    after: Duration
    expires_after: Duration | None = None
    """No longer worth sending when this much later than it was due."""
    template: Annotated[str, Field(pattern=r"^[a-z0-9_]{1,512}$")]
    language: Annotated[str, Field(pattern=r"^[A-Za-z]{2,3}(_[A-Za-z]{2,4})?$")]
    body: Body = []
    """Parameters of the body: a list for a positional template, an object for a named one."""
    header_image: Link | None = None
    button_url: ButtonUrl | None = None
    """The variable end of the URL that the template's button has."""
    coupon_code: CouponCode | None = None
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
Plans = dict[PlanKind, Annotated[Plan, BeforeValidator(_plan_of_steps)]]

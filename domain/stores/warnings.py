"""What a configuration allows and its operator probably did not mean, and what is amiss by it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from pydantic import BaseModel, ConfigDict

from domain.customers.personal_ids import PersonalIds
from domain.events.kinds import EventKind
from domain.messages.templates import TemplateMessage
from domain.stores.config import StoreConfig
from domain.stores.planned_messages import planned_steps
from domain.stores.plans import Step
from domain.values.durations import format_duration
from domain.values.problems import Path

TIME_TO_LIVE = timedelta(days=30)
"""How long Meta tries to deliver a marketing template that it accepted, by default. From Meta's
page "Time-to-live"."""

MIN_TIME_TO_LIVE = timedelta(hours=12)
"""The shortest that a template can have, through the Marketing Messages API alone."""

WITHOUT_MARKETING = "US"
"""Since April 2025 WhatsApp delivers no marketing templates to numbers of this region. Other
regions with +1, such as Canada, get them."""


class ConfigWarning(BaseModel):
    """Something that is allowed and probably not meant. It refuses nothing."""

    model_config = ConfigDict(frozen=True)

    path: Path
    """Where it is in the configuration."""
    type: str
    message: str


@dataclass(frozen=True)
class StoreFacts:
    """What is known of a store besides its configuration."""

    orders_seen: bool
    """Whether an order of any customer's was ever posted."""
    exit_api_failing_since: datetime | None = None
    """None while the Exit API answers, or was never asked."""
    exit_api_because: str | None = None
    """What it said, without personal data."""
    exit_api_answered_at: datetime | None = None
    """Its last readable answer."""
    personal_ids: PersonalIds | None = None
    """None: no event ever had a personal `customer_id`."""


def warnings_of(config: StoreConfig, facts: StoreFacts) -> list[ConfigWarning]:
    """Everything to warn of, in the order of the keys."""
    return [
        *_unmessageable_region(config),
        *_personal_customer_ids(config, facts),
        *_unknown_orders(config, facts),
        *_exit_api_unavailable(facts),
        *_checkouts_without_plan(config),
        *_late_deliveries(config),
    ]


def _unmessageable_region(config: StoreConfig) -> Iterator[ConfigWarning]:
    uses_templates = any(_has_template(step) for _, step in planned_steps(config))
    if config.default_region == WITHOUT_MARKETING and uses_templates:
        yield ConfigWarning(
            path=("default_region",),
            type="marketing_to_us_numbers",
            message="WhatsApp delivers no marketing templates to US numbers (+1)",
        )


def _personal_customer_ids(config: StoreConfig, facts: StoreFacts) -> Iterator[ConfigWarning]:
    seen = facts.personal_ids
    if seen is not None and not config.hashes_customer_ids:
        first, last = seen.first_seen_at.isoformat(), seen.last_seen_at.isoformat()
        yield ConfigWarning(
            path=("customer_ids",),
            type="personal_customer_ids",
            message=f"a customer_id was an e-mail address or a phone number, first {first}, last"
            f" {last}: it stands in workflow ids and search attributes, which are never encrypted;"
            " `hashed` keeps it out",
        )


def _unknown_orders(config: StoreConfig, facts: StoreFacts) -> Iterator[ConfigWarning]:
    if config.planned_kinds and config.exit_api is None and not facts.orders_seen:
        yield ConfigWarning(
            path=("exit_api",),
            type="orders_unknown",
            message="there is none, and no order_placed has ever come: who bought is messaged, too",
        )


def _exit_api_unavailable(facts: StoreFacts) -> Iterator[ConfigWarning]:
    if facts.exit_api_failing_since is not None:
        since, last = facts.exit_api_failing_since, facts.exit_api_answered_at
        answered = f"last readable answer {last.isoformat()}" if last else "it never answered"
        yield ConfigWarning(
            path=("exit_api",),
            type="exit_api_unavailable",
            message=f"failing since {since.isoformat()}: {facts.exit_api_because}; {answered}",
        )


def _checkouts_without_plan(config: StoreConfig) -> Iterator[ConfigWarning]:
    planned = config.planned_kinds
    if EventKind.CART_UPDATE in planned and EventKind.CHECKOUT_INITIATED not in planned:
        yield ConfigWarning(
            path=("plans", EventKind.CHECKOUT_INITIATED.value),
            type="checkout_without_plan",
            message="who goes to the checkout gets no message of their own, unlike who fills a"
            " cart; without this key the plan of cart_update is used",
        )


def _late_deliveries(config: StoreConfig) -> Iterator[ConfigWarning]:
    """`expires_after` ends our sending; what Meta accepted before is Meta's to deliver."""
    by_marketing_api = config.whatsapp.endpoint == "marketing_messages"
    shortest = MIN_TIME_TO_LIVE if by_marketing_api else TIME_TO_LIVE
    for path, step in planned_steps(config):
        if step.expires_after and step.expires_after < shortest and _has_template(step):
            yield ConfigWarning(
                path=(*path, "expires_after"),
                type="shorter_than_time_to_live",
                message="ends our sending alone: Meta goes on trying to deliver what it accepted"
                f" for {_time_to_live(shortest)}",
            )


def _time_to_live(shortest: timedelta) -> str:
    longest = format_duration(TIME_TO_LIVE)
    if shortest == TIME_TO_LIVE:
        return f"{longest}; shorter times need the endpoint marketing_messages"
    return f"the template's time to live, {format_duration(shortest)} to {longest}"


def _has_template(step: Step) -> bool:
    messages = (step.message_at(number) for number in range(len(step.fallbacks) + 1))
    return any(isinstance(message, TemplateMessage) for message in messages)

"""The sample store: its configuration, and what its history is drawn from."""

import random
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Final, Self
from zoneinfo import ZoneInfo

from domain.customers.identity import keyed_hash
from domain.experiments.design import Design, followed_for
from domain.experiments.winsorising import PERCENTILE
from domain.journey.plan import NO_EXPERIMENT, PlannedArm
from domain.journey.policy import JourneyPolicy, policy_of
from domain.stores.config import StoreConfig
from storage.experiments import Experiment

STORE_ID: Final = "sample-store"
PAUSED_BECAUSE: Final = "made up: a sample for the pages"
"""The store is paused from the beginning, so that nothing is ever sent for it."""

HASH_KEY: Final = "made-up-" * 8
"""The store's key is no secret: by it the same history comes out on every machine."""

EXPERIMENT_ID: Final = "exp-sample"
SEED: Final = 11
DAYS: Final = 60
CART, PRODUCT = "cart_update", "product_view"

_NAME: Final = "{{ customer.name | default: 'there' }}"


@dataclass(frozen=True)
class SampleShop:
    """The store, its experiment, and the time that its history leads up to."""

    config: StoreConfig
    experiment: Experiment
    policy: JourneyPolicy
    now: datetime
    seed: int = SEED
    days: int = DAYS
    hash_key: str = HASH_KEY

    @classmethod
    def at_time(cls, now: datetime, seed: int = SEED) -> Self:
        """The store whose history leads up to a time."""
        config = sample_config()
        plan = config.plans[CART]
        design = Design.of_plan(plan)
        if design is None:
            raise LookupError("the sample store has no experiment")
        experiment = Experiment(
            experiment_id=EXPERIMENT_ID,
            kind=CART,
            design=design,
            followed_for=followed_for(config, plan),
            percentile=PERCENTILE,
            started_at=now - timedelta(days=DAYS),
        )
        return cls(config, experiment, policy_of(config), now, seed)

    def chance(self, purpose: str) -> random.Random:
        """Numbers that are the same for a seed and a purpose."""
        return random.Random(f"{self.seed}:{purpose}")  # noqa: S311  # repeatable, not secret

    def hashed(self, text: str) -> str:
        """The keyed hash of a text."""
        return keyed_hash(self.hash_key, text)

    def day(self, days_ago: int) -> date:
        """A day in the store's time zone."""
        zone = ZoneInfo(self.config.timezone)
        return self.now.astimezone(zone).date() - timedelta(days=days_ago)

    def at(self, days_ago: int, hours: float) -> datetime:
        """So many hours after midnight, in the store's time zone."""
        midnight = datetime.combine(self.day(days_ago), time(), ZoneInfo(self.config.timezone))
        return midnight + timedelta(hours=hours)

    def arm(self, kind: str, variant: str | None) -> PlannedArm:
        """What a plan's experiment has a shopper's journey follow."""
        if kind != self.experiment.kind:
            return NO_EXPERIMENT
        return PlannedArm(self.experiment.experiment_id, variant)


def sample_config() -> StoreConfig:
    """The configuration. Nothing in it leads to anyone: `.invalid` is reserved for that."""
    return StoreConfig.model_validate(
        {
            "organization_id": "made-up",
            "name": "Sample store (made up)",
            "timezone": "Europe/London",
            "default_region": "GB",
            "quiet_hours": {"start": "22:00", "end": "08:00"},
            "frequency_cap": {"messages": 4, "per": "7d"},
            "exit_api": {"url": "https://partner.invalid/events"},
            "whatsapp": {"phone_number_id": "000000000000000", "access_token": "made-up"},
            "message_costs": {
                "currency": "GBP",
                "rates": {"marketing": {"GB": "0.04", "IE": "0.06", "other": "0.05"}},
            },
            "plans": {CART: _cart_plan(), PRODUCT: [_step("2h", "still_looking")]},
        }
    )


def _cart_plan() -> dict[str, Any]:
    """A fifth of the people is held out; the others get one of two contents."""
    return {
        "holdout": 0.2,
        "variants": {
            name: {"steps": [_step("1h", f"cart_reminder_{name}"), _step("24h", "cart_last_call")]}
            for name in ("a", "b")
        },
    }


def _step(after: str, template: str) -> dict[str, Any]:
    return {
        "after": after,
        "template": template,
        "language": "en",
        "body": [_NAME],
        "button_url": "{{ event_data.cart_link | default: 'shop' }}",
    }

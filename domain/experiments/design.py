"""What an experiment compares: a plan's holdout and variants. A change of it begins a new one."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Final, Self

from pydantic import BaseModel, ConfigDict

from domain.stores.config import StoreConfig
from domain.stores.plans import HOLDOUT, Plan

MESSAGED: Final = "messaged"
"""The arm that gets the plan's messages, where the plan has no variants."""


class Design(BaseModel):
    """The arms, and how many people each gets."""

    model_config = ConfigDict(frozen=True)

    holdout: float = 0
    """The share of people who are held out."""
    variants: Mapping[str, float] = {}
    """The weight of each variant, compared with the others'."""
    timing: bool = False
    """The variants differ in delays or in the number of steps: they are assigned with the plan."""

    @classmethod
    def of_plan(cls, plan: Plan) -> Self | None:
        """What a plan compares; None: nothing."""
        weights = {name: each.weight for name, each in plan.variants.items()}
        timings = [each.timing for each in plan.variants.values()]
        if not plan.has_messages or not (plan.holdout or weights):
            return None
        differ = any(each != timings[0] for each in timings)
        return cls(holdout=plan.holdout, variants=weights, timing=differ)

    def shares(self) -> dict[str, float]:
        """The share of each variant; of one arm, where there are none."""
        total = sum(self.variants.values())
        shares = {name: weight / total for name, weight in self.variants.items()}
        return shares or {MESSAGED: 1.0}

    def shares_at_claim(self) -> dict[str, float]:
        """The share of each arm among first claims."""
        held_out = {HOLDOUT: self.holdout} if self.holdout else {}
        return {
            **held_out,
            **{name: each * (1 - self.holdout) for name, each in self.shares().items()},
        }


def designs_of(config: StoreConfig) -> dict[str, Design]:
    """What each plan of a store compares, by the plan's kind."""
    found = {kind: Design.of_plan(plan) for kind, plan in config.plans.items()}
    return {kind: design for kind, design in found.items() if design is not None}


def followed_for(config: StoreConfig, plan: Plan) -> timedelta:
    """How long a person's orders count: the attribution window after the last message of the plan.

    The same for every arm, whichever variant has the longest way: from its first message, or, where
    variants differ in delays, from when the plan is loaded.
    """
    design = Design.of_plan(plan)
    with_plan = design is not None and design.timing
    spans = [
        steps[-1].after - (timedelta(0) if with_plan else steps[0].after)
        for _, steps in plan.arms()
    ]
    return max(spans, default=timedelta(0)) + config.attribution_window

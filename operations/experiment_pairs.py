"""An experiment's people in pairs of arms, and the comparison of each pair."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from domain.experiments.comparison import Comparison
from domain.experiments.design import MESSAGED, Design
from domain.experiments.planning import Setup
from domain.experiments.sample_ratio import sample_ratio_p, split_is_suspicious
from domain.experiments.sentences import describe_split
from domain.experiments.summary import ArmSummary
from domain.stores.plans import HOLDOUT
from operations.experiment_models import Split
from operations.experiment_people import Population, at_claim, at_plan
from storage import experiment_outcomes
from storage.experiments import Experiment as StoredExperiment

LIFT: Final = 0.25
"""The relative difference that an experiment is to find: a quarter more orders."""

_WEEK: Final = timedelta(weeks=1)


@dataclass(frozen=True)
class Pair:
    """Two arms, or an arm and several together, to be compared."""

    arm: str
    against: str
    arms: tuple[str, ...]
    """What `arm` is made of."""
    population: Population
    shares: Mapping[str, float]

    @property
    def control_share(self) -> float:
        """The control's share of the people of both."""
        treated = sum(self.shares[each] for each in self.arms)
        return self.shares[self.against] / (self.shares[self.against] + treated)

    @property
    def names(self) -> tuple[str, str]:
        """How the arms are called in a sentence."""
        if self.against == HOLDOUT and self.arm == MESSAGED:
            return ("with", "without")
        return (
            f"with {self.arm}",
            "without" if self.against == HOLDOUT else f"with {self.against}",
        )

    def orders(self, at: datetime) -> tuple[ArmSummary, ArmSummary]:
        """Orders per person of both, as known at a time."""
        both = self.population
        return both.orders(self.arms, at), both.orders([self.against], at)

    def revenue(self, currency: str, at: datetime) -> tuple[ArmSummary, ArmSummary]:
        """Revenue per person of both."""
        both = self.population
        return both.revenue(self.arms, currency, at), both.revenue([self.against], currency, at)


@dataclass(frozen=True)
class Measured:
    """An experiment with its people, as known at a time."""

    stored: StoredExperiment
    claimed: Population
    loaded: Population
    at: datetime

    @property
    def design(self) -> Design:
        """What is compared."""
        return self.stored.design

    def pairs(self) -> Iterator[Pair]:
        """What is compared: everyone with the holdout, each variant with it, and with the first."""
        shares, variants = self.design.shares_at_claim(), sorted(self.design.variants)
        at_claims = [] if self.design.timing else variants
        if self.design.holdout:
            together = {HOLDOUT: self.design.holdout, MESSAGED: 1 - self.design.holdout}
            known = together if self.design.timing else shares
            parts = tuple(at_claims) or (MESSAGED,)
            yield Pair(MESSAGED, HOLDOUT, parts, self.claimed, known)
            for name in at_claims:
                yield Pair(name, HOLDOUT, (name,), self.claimed, shares)
        compared = self.loaded if self.design.timing else self.claimed
        for name in variants[1:]:
            yield Pair(name, variants[0], (name,), compared, self.design.shares())

    def splits(self) -> Iterator[tuple[Population, Mapping[str, float]]]:
        """The people of each point of assignment, and in which shares they should be."""
        if self.design.timing:
            yield self.loaded, self.design.shares()
            if self.design.holdout:
                held_out = self.design.holdout
                yield self.claimed, {HOLDOUT: held_out, MESSAGED: 1 - held_out}
        else:
            yield self.claimed, self.design.shares_at_claim()


async def measure(
    connection: AsyncConnection, store_id: str, stored: StoredExperiment, at: datetime
) -> Measured:
    """Read an experiment's people and their orders."""
    whose = (connection, store_id, stored.experiment_id)
    people = await experiment_outcomes.people(*whose)
    bought = await experiment_outcomes.purchases(*whose, stored.followed_for)
    followed = (stored.followed_for, stored.percentile)
    by_variant = not stored.design.timing
    claimed = at_claim(people, bought, *followed, by_variant=by_variant)
    return Measured(stored, claimed, at_plan(people, bought, *followed), at)


def split_of(measured: Measured) -> Split:
    """Whether people are in the arms as they should be, at each point of assignment."""
    for population, shares in measured.splits():
        assigned = population.assigned()
        counts = [assigned[arm] for arm in shares]
        if split_is_suspicious(counts, list(shares.values())):
            said = describe_split({arm: assigned[arm] for arm in shares}, shares)
            p = sample_ratio_p(counts, list(shares.values()))
            return Split(as_it_should_be=False, p=p, said=said)
    found = [
        sample_ratio_p([population.assigned()[arm] for arm in shares], list(shares.values()))
        for population, shares in measured.splits()
    ]
    return Split(as_it_should_be=True, p=min(found))


def compare(pair: Pair, summaries: tuple[ArmSummary, ArmSummary], measured: Measured) -> Comparison:
    """Compare two arms by orders, or by revenue."""
    setup = Setup(pair.control_share)
    return Comparison.of(*summaries, LIFT, setup, _people_per_week(pair, measured))


def _people_per_week(pair: Pair, measured: Measured) -> float:
    """Who entered both arms in the last four weeks, or since the experiment began."""
    ended = measured.stored.ended_at
    if ended is not None and ended <= measured.at:
        return 0
    since = max(measured.stored.started_at, measured.at - 4 * _WEEK)
    count = pair.population.entered_since({*pair.arms, pair.against}, since)
    return count / max((measured.at - since) / _WEEK, 1 / 7)

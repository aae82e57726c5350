"""What a store's experiments found so far: the arms, their differences, and how sure that is."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from domain.experiments.comparison import Comparison
from domain.experiments.confidence import Interval
from domain.experiments.design import MESSAGED, Design
from domain.experiments.planning import Setup
from domain.experiments.sample_ratio import sample_ratio_p, split_is_suspicious
from domain.experiments.sentences import ORDERS, PER, describe_comparison, describe_split, revenue
from domain.experiments.summary import ArmSummary
from domain.stores.plans import HOLDOUT
from domain.values.durations import format_duration
from operations.experiment_models import Arm, Difference, Experiment, Point, Split
from operations.experiment_people import Population, at_claim, at_plan
from operations.result_models import Estimate, money
from storage import experiment_outcomes
from storage.experiments import Experiment as StoredExperiment

LIFT: Final = 0.25
"""The relative difference that an experiment is to find: a quarter more orders."""

POINTS: Final = 40
"""Days at most at which the difference is shown."""

_WEEK: Final = timedelta(weeks=1)
_HIDDEN: Final = "hidden: the split is not as it should be"


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


def report(measured: Measured) -> Experiment:
    """What an experiment found so far."""
    stored, split = measured.stored, split_of(measured)
    pairs = list(measured.pairs())
    differences = [each for pair in pairs for each in _differences(measured, pair, split)]
    assigned_at = ("plan" if stored.design.timing else "claim") if stored.design.variants else None
    return Experiment(
        experiment_id=stored.experiment_id,
        plan=stored.kind,
        holdout=stored.design.holdout,
        variants=dict(stored.design.variants),
        variants_assigned_at=assigned_at,
        started_at=stored.started_at,
        ended_at=stored.ended_at,
        followed_for=format_duration(stored.followed_for),
        percentile=stored.percentile,
        arms=list(_arms(measured)),
        split=split,
        differences=differences,
        over_time=_over_time(measured, pairs) if split.as_it_should_be else [],
        said=split.said or differences[0].said,
    )


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


def _differences(measured: Measured, pair: Pair, split: Split) -> Iterator[Difference]:
    yield _difference(measured, pair, split, None)
    for currency in pair.population.currencies():
        yield _difference(measured, pair, split, currency)


def _difference(measured: Measured, pair: Pair, split: Split, currency: str | None) -> Difference:
    """Orders; or revenue in a currency."""
    at = measured.at
    both = pair.orders(at) if currency is None else pair.revenue(currency, at)
    found = compare(pair, both, measured)
    metric = ORDERS if currency is None else revenue(currency)
    shown = split.as_it_should_be
    return Difference(
        arm=pair.arm,
        against=pair.against,
        measure="orders" if currency is None else "revenue",
        currency=currency,
        difference=per_100(found.interval) if shown else None,
        weeks_to_go=found.weeks_to_go if shown else None,
        said=describe_comparison(metric, found, pair.names) if shown else _HIDDEN,
    )


def per_100(interval: Interval | None) -> Estimate | None:
    """A difference per 100 people."""
    return None if interval is None else times(interval, PER)


def times(interval: Interval, people: int) -> Estimate:
    """What a difference per person comes to for so many."""
    return Estimate(
        estimate=interval.difference * people,
        low=interval.low * people,
        high=interval.high * people,
    )


def _arms(measured: Measured) -> Iterator[Arm]:
    for population, shares in measured.splits():
        assigned, followed = population.assigned(), population.followed(measured.at)
        for arm, share in shares.items():
            orders = population.orders([arm], measured.at)
            known = orders.mean * PER if followed[arm] else None
            yield Arm(
                arm=arm,
                share=share,
                people=assigned[arm],
                followed=followed[arm],
                orders=round(orders.mean * orders.shoppers),
                orders_per_100=known,
                revenue=money(_revenue(population, arm, measured.at)),
            )


def _revenue(population: Population, arm: str, at: datetime) -> dict[str, int]:
    known = [each for each in population.buyers_by(at) if each.arm == arm]
    return {
        currency: sum(each.revenue.get(currency, 0) for each in known)
        for currency in population.currencies()
    }


def _over_time(measured: Measured, pairs: Sequence[Pair]) -> list[Point]:
    """The difference of the first pair, as it was known day by day."""
    if not pairs:
        return []
    start = measured.stored.started_at + measured.stored.followed_for
    days = max(0, (measured.at - start) // timedelta(days=1))
    step = timedelta(days=-(-days // POINTS) or 1)
    count = days // step.days
    times_of = [measured.at - step * back for back in range(count, -1, -1)]
    return [
        point
        for pair in pairs
        if pair.arm == pairs[0].arm
        for at in times_of
        if (point := _point(pair, at, measured)) is not None
    ]


def _point(pair: Pair, at: datetime, measured: Measured) -> Point | None:
    found = per_100(compare(pair, pair.orders(at), measured).interval)
    if found is None:
        return None
    return Point(at=at, arm=pair.arm, against=pair.against, difference=found)

"""What a store's experiments found so far: the arms, their differences, and how sure that is."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final

from domain.experiments.confidence import Interval
from domain.experiments.sentences import ORDERS, PER, describe_comparison, revenue
from domain.values.durations import format_duration
from operations.experiment_models import Arm, Difference, Experiment, Point, Split
from operations.experiment_pairs import Measured, Pair, compare, split_of
from operations.experiment_people import Population
from operations.result_models import Estimate, money

POINTS: Final = 40
"""Days at most at which the difference is shown."""

_HIDDEN: Final = "hidden: the split is not as it should be"


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

"""The people of an experiment as its arms count them, at any day."""

from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from itertools import accumulate
from math import inf

from domain.experiments.design import MESSAGED
from domain.experiments.summary import ArmSummary
from domain.experiments.winsorising import revenue_cap, winsorise
from domain.results.order_entries import MILLIONTHS, entries
from domain.stores.plans import HOLDOUT
from storage.experiment_outcomes import People, Purchase
from storage.result_groups import QUARTER


@dataclass(frozen=True)
class Buyer:
    """What one person ordered in the time that counts."""

    arm: str
    since: int
    """When the person entered the experiment, in seconds, in quarters of an hour as `entered`."""
    orders: int
    """Cancelled ones are taken off."""
    revenue: Mapping[str, int] = field(default_factory=dict)
    """By currency, in millionths; refunds are taken off."""


class _Sums:
    """Sums of numbers of times, up to any time."""

    def __init__(self, found: Iterable[tuple[int, int]]) -> None:
        ordered = sorted(found)
        self._times = [at for at, _ in ordered]
        self._sums = list(accumulate((number for _, number in ordered), initial=0))

    def until(self, at: float) -> int:
        """Of all that are not later."""
        return self._sums[bisect_right(self._times, at)]

    def since(self, at: float) -> int:
        """Of all that are not earlier."""
        return self._sums[-1] - self._sums[bisect_left(self._times, at)]


@dataclass(frozen=True)
class _Arm:
    """The people of one arm."""

    people: _Sums
    orders: _Sums
    squares: _Sums
    """Of each person's number of orders."""


@dataclass(frozen=True)
class Population:
    """People who are compared, all counted at the same point of their way."""

    entered: Sequence[tuple[int, str, int]]
    """When, in seconds, into which arm, how many."""
    buyers: Sequence[Buyer]
    followed_for: timedelta
    percentile: float

    @cached_property
    def _arms(self) -> Mapping[str, _Arm]:
        people = defaultdict[str, list[tuple[int, int]]](list)
        for at, arm, count in self.entered:
            people[arm].append((at, count))
        bought = defaultdict[str, list[Buyer]](list)
        for buyer in self.buyers:
            bought[buyer.arm].append(buyer)
        return {
            arm: _Arm(
                _Sums(people[arm]),
                _Sums((each.since, each.orders) for each in bought[arm]),
                _Sums((each.since, each.orders**2) for each in bought[arm]),
            )
            for arm in people.keys() | bought.keys()
        }

    @cached_property
    def _by_time(self) -> tuple[list[int], list[Buyer]]:
        """When buyers entered, and the buyers, the first first."""
        ordered = sorted(self.buyers, key=lambda each: each.since)
        return [each.since for each in ordered], ordered

    @cached_property
    def _caps(self) -> dict[tuple[str, datetime], float | None]:
        return {}

    def assigned(self) -> Counter[str]:
        """People by arm."""
        return Counter({arm: each.people.until(inf) for arm, each in self._arms.items()})

    def entered_since(self, arms: Iterable[str], at: datetime) -> int:
        """People of some arms who entered at a time or later."""
        known = (self._arms[arm] for arm in frozenset(arms) & self._arms.keys())
        return sum(each.people.since(at.timestamp()) for each in known)

    def entered_between(self, arms: Sequence[str], start: datetime, end: datetime) -> int:
        """People of some arms who entered from `start` up to, not including, `end`."""
        return self.entered_since(arms, start) - self.entered_since(arms, max(start, end))

    def followed(self, at: datetime) -> Counter[str]:
        """People by arm whose orders were followed to the end by then."""
        last = self._last(at)
        return Counter({arm: each.people.until(last) for arm, each in self._arms.items()})

    def buyers_by(self, at: datetime) -> list[Buyer]:
        """Those of them who ordered."""
        times, ordered = self._by_time
        return ordered[: bisect_right(times, self._last(at))]

    def orders(self, arms: Iterable[str], at: datetime) -> ArmSummary:
        """Orders per person of some arms together."""
        last = self._last(at)
        known = [self._arms[arm] for arm in frozenset(arms) & self._arms.keys()]
        sums = (
            sum(each.people.until(last) for each in known),
            sum(each.orders.until(last) for each in known),
            sum(each.squares.until(last) for each in known),
        )
        return ArmSummary.of_sums(*sums)

    def revenue(self, arms: Iterable[str], currency: str, at: datetime) -> ArmSummary:
        """Revenue per person of some arms together, capped alike for all arms."""
        wanted, last = frozenset(arms), self._last(at)
        amounts = [
            each.revenue.get(currency, 0) / MILLIONTHS
            for each in self.buyers_by(at)
            if each.arm in wanted
        ]
        values = winsorise(amounts, self._cap(currency, at))
        people = sum(self._arms[arm].people.until(last) for arm in wanted & self._arms.keys())
        return ArmSummary.of_sums(people, sum(values), sum(each * each for each in values))

    def _cap(self, currency: str, at: datetime) -> float | None:
        known = (currency, at)
        if known not in self._caps:
            amounts = (each.revenue.get(currency, 0) / MILLIONTHS for each in self.buyers_by(at))
            self._caps[known] = revenue_cap(amounts, self.percentile)
        return self._caps[known]

    def _last(self, at: datetime) -> float:
        """When those entered who were followed to the end by then, at the latest."""
        return (at - self.followed_for).timestamp()

    def currencies(self) -> list[str]:
        """In which anything was ordered."""
        return sorted({each for buyer in self.buyers for each in buyer.revenue})


def at_claim(
    people: Iterable[People],
    purchases: Iterable[Purchase],
    followed_for: timedelta,
    percentile: float,
    *,
    by_variant: bool,
) -> Population:
    """Everyone whose message came to a first claim: the holdout, and who was messaged.

    Args:
        people: of the experiment.
        purchases: of these people.
        followed_for: how long orders count.
        percentile: of buyers, at which revenue is capped.
        by_variant: whether variants are told apart here; not where they differ in delays.
    """

    def arm(held_out: bool | None, variant: str | None) -> str:
        if held_out:
            return HOLDOUT
        return (variant if by_variant else None) or MESSAGED

    entered = [
        (each.claimed, arm(each.held_out, each.variant), each.people)
        for each in people
        if each.claimed is not None
    ]
    bought = [
        (arm(each.held_out, each.variant), each.claimed_at, each)
        for each in purchases
        if each.claimed_at is not None
    ]
    return Population(entered, _buyers(bought, followed_for), followed_for, percentile)


def at_plan(
    people: Iterable[People],
    purchases: Iterable[Purchase],
    followed_for: timedelta,
    percentile: float,
) -> Population:
    """Everyone who was assigned a variant when the plan was loaded, the held-out included."""
    entered = [
        (each.loaded, each.variant or MESSAGED, each.people)
        for each in people
        if each.loaded is not None
    ]
    bought = [
        (each.variant or MESSAGED, each.loaded_at, each)
        for each in purchases
        if each.loaded_at is not None
    ]
    return Population(entered, _buyers(bought, followed_for), followed_for, percentile)


def _buyers(
    bought: Iterable[tuple[str, datetime, Purchase]], followed_for: timedelta
) -> list[Buyer]:
    """One for each person who ordered in time."""
    of_person = defaultdict[str, list[tuple[str, datetime, Purchase]]](list)
    for each in bought:
        of_person[each[2].person].append(each)
    return [_buyer(each, followed_for) for each in of_person.values()]


def _buyer(bought: Sequence[tuple[str, datetime, Purchase]], followed_for: timedelta) -> Buyer:
    arm, since, _ = bought[0]
    until = since + followed_for
    orders, revenue = 0, dict[str, int]()
    for _, _, purchase in bought:
        if not since <= purchase.placed_at <= until:
            continue
        for placed, currency, amount in _parts(purchase, until):
            orders += placed
            if currency is not None:
                revenue[currency] = revenue.get(currency, 0) + amount
    return Buyer(arm, int(since.timestamp()) // QUARTER * QUARTER, orders, revenue)


def _parts(purchase: Purchase, until: datetime) -> Iterator[tuple[int, str | None, int]]:
    """Orders, currency and amount of each entry of an order until a time; most have but one."""
    if not purchase.changes:
        known = purchase.amount is not None
        yield 1, purchase.currency if known else None, purchase.amount or 0
        return
    for entry in entries(purchase.order, purchase.changes):
        if entry.at <= until:
            yield entry.placed - entry.cancelled, entry.currency, entry.amount

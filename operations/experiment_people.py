"""The people of an experiment as its arms count them, at any day."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from domain.experiments.design import MESSAGED
from domain.experiments.summary import ArmSummary
from domain.experiments.winsorising import revenue_cap, winsorise
from domain.results.order_entries import MILLIONTHS, entries
from domain.stores.plans import HOLDOUT
from storage.experiment_outcomes import People, Purchase
from storage.result_groups import QUARTER

_FIRST: Final = datetime.min.replace(tzinfo=UTC)
_LAST: Final = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Buyer:
    """What one person ordered in the time that counts."""

    arm: str
    since: datetime
    """When the person entered the experiment, in whole quarters of an hour as `entered`."""
    orders: int
    """Cancelled ones are taken off."""
    revenue: Counter[str] = field(default_factory=Counter)
    """By currency, in millionths; refunds are taken off."""


@dataclass(frozen=True)
class Population:
    """People who are compared, all counted at the same point of their way."""

    entered: Sequence[tuple[datetime, str, int]]
    """When, into which arm, how many."""
    buyers: Sequence[Buyer]
    followed_for: timedelta
    percentile: float

    def assigned(self, start: datetime = _FIRST, end: datetime = _LAST) -> Counter[str]:
        """People by arm who entered from `start` up to `end`, by default all."""
        return _by_arm(each for each in self.entered if start <= each[0] < end)

    def followed(self, at: datetime) -> Counter[str]:
        """People by arm whose orders were followed to the end by then."""
        return _by_arm(each for each in self.entered if each[0] <= at - self.followed_for)

    def buyers_by(self, at: datetime) -> list[Buyer]:
        """Those of them who ordered."""
        return [each for each in self.buyers if each.since <= at - self.followed_for]

    def orders(self, arms: Iterable[str], at: datetime) -> ArmSummary:
        """Orders per person of some arms together."""
        wanted = frozenset(arms)
        values = [each.orders for each in self.buyers_by(at) if each.arm in wanted]
        return self._summary(wanted, [float(each) for each in values], at)

    def revenue(self, arms: Iterable[str], currency: str, at: datetime) -> ArmSummary:
        """Revenue per person of some arms together, capped alike for all arms."""
        wanted, known = frozenset(arms), self.buyers_by(at)
        cap = revenue_cap([each.revenue[currency] / MILLIONTHS for each in known], self.percentile)
        amounts = [each.revenue[currency] / MILLIONTHS for each in known if each.arm in wanted]
        return self._summary(wanted, winsorise(amounts, cap), at)

    def _summary(self, arms: frozenset[str], values: Sequence[float], at: datetime) -> ArmSummary:
        """Of people with and without orders."""
        shoppers = sum(count for arm, count in self.followed(at).items() if arm in arms)
        return ArmSummary.of_sums(shoppers, sum(values), sum(each * each for each in values))

    def currencies(self) -> list[str]:
        """In which anything was ordered."""
        return sorted({each for buyer in self.buyers for each in buyer.revenue})


def _by_arm(entered: Iterable[tuple[datetime, str, int]]) -> Counter[str]:
    counts = Counter[str]()
    for _, arm, count in entered:
        counts[arm] += count
    return counts


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
        (_at(each.claimed), arm(each.held_out, each.variant), each.count)
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
        (_at(each.loaded), each.variant or MESSAGED, each.count)
        for each in people
        if each.loaded is not None
    ]
    bought = [
        (each.variant or MESSAGED, each.loaded_at, each)
        for each in purchases
        if each.loaded_at is not None
    ]
    return Population(entered, _buyers(bought, followed_for), followed_for, percentile)


def _at(seconds: int | None) -> datetime:
    return datetime.fromtimestamp(seconds or 0, UTC)


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
    orders, revenue = 0, Counter[str]()
    for _, _, purchase in bought:
        if not since <= purchase.order.placed_at <= since + followed_for:
            continue
        for entry in entries(purchase.order, purchase.changes):
            if entry.at <= since + followed_for:
                orders += entry.placed - entry.cancelled
                if entry.currency is not None:
                    revenue[entry.currency] += entry.amount
    return Buyer(arm, _in_quarters(since), orders, revenue)


def _in_quarters(at: datetime) -> datetime:
    return datetime.fromtimestamp(at.timestamp() // QUARTER * QUARTER, UTC)

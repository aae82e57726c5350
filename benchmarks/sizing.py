"""How many machines a load needs, reckoned: `python -m benchmarks.sizing`.

What one event and one journey cost is measured and entered below; everything printed follows from
it. `docs/scaling.md` tells where each figure comes from, and what breaks first.
"""

from dataclasses import dataclass
from math import ceil
from typing import Final

from rich.console import Console
from rich.table import Table

SECONDS_OF_A_DAY: Final = 86_400
DAYS_OF_A_MONTH: Final = 30
BUSY: Final = 0.6
"""Part of a processor that is planned with; beyond it, waiting grows faster than work."""


@dataclass(frozen=True)
class Load:
    """What 10,000 stores with 100 orders a day post, about 12 events for each order."""

    events_per_second: float = 140
    events_per_journey: float = 4
    """One starts it, the others are debounced."""
    open_days: float = 2
    """From the first event to the end, of the stores' plans."""
    messages_per_journey: float = 1
    statuses_per_message: float = 3

    @property
    def journeys_per_second(self) -> float:
        """Started, and in the long run ended."""
        return self.events_per_second / self.events_per_journey

    @property
    def journeys_per_day(self) -> float:
        """As many end."""
        return self.journeys_per_second * SECONDS_OF_A_DAY

    @property
    def open_journeys(self) -> float:
        """At the same time."""
        return self.journeys_per_day * self.open_days


@dataclass(frozen=True)
class Costs:
    """Milliseconds of processor time, and bytes on disk. Replace them by what you measure."""

    api_event: float = 0.9
    api_delivery: float = 0.5
    """Of an event to Temporal, behind the answer."""
    worker_journey: float = 42
    temporal_journey: float = 50
    temporal_event: float = 1.5
    database_event: float = 0.25
    database_journey: float = 2.5
    """Plan, claim, outcome, end and three statuses. Reckoned from the transactions."""
    commits_event: float = 1.0
    """At the peak many events share one; at the average a commit and a part of a marking one."""
    commits_journey: float = 4
    transitions_event: float = 1
    transitions_journey: float = 12
    """State transitions of Temporal, by which its database is sized. Reckoned from the history."""
    inbox_row: float = 2_340
    journeys_row: float = 1_800
    messages_row: float = 1_060
    temporal_journey_disk: float = 28_000


@dataclass(frozen=True)
class Actions:
    """Temporal Cloud's billable Actions of a debounced journey with one message."""

    start: int = 1
    continue_as_new: int = 1
    """The buffer goes on as a new run when an event was debounced."""
    signals: int = 3
    timers: int = 1
    activities: int = 1
    local_activities: int = 2
    """Those of one workflow task count once."""
    upserts: int = 2
    fairness: float = 0.1
    """Further Actions for each, where the namespace has fairness."""

    @property
    def billed(self) -> float:
        """Of one journey."""
        of_workflow = self.start + self.continue_as_new + self.signals + self.timers
        of_tasks = self.activities + self.local_activities + self.upserts
        return (of_workflow + of_tasks) * (1 + self.fairness)


TIERS: Final = ((5, 50), (5, 45), (10, 40), (30, 35), (50, 30), (100, 25))
"""Millions of Actions in a month, and dollars a million. Beyond them the last price is taken, which
is too much: Temporal asks to be asked."""


def price_of(millions: float) -> float:
    """Dollars for so many millions of Actions in a month, by list price."""
    total, left = 0.0, millions
    for size, price in TIERS:
        total += min(left, size) * price
        left = max(left - size, 0)
    return total + left * TIERS[-1][1]


def cores(load: Load, per_event: float, per_journey: float) -> float:
    """Processors that are busy all the time, of milliseconds for each."""
    return (load.events_per_second * per_event + load.journeys_per_second * per_journey) / 1000


def processes(busy: float) -> int:
    """Of one processor each, none of them busier than planned."""
    return max(1, ceil(busy / BUSY))


def history_shards(open_journeys: float, of_one_shard: float = 5_000) -> int:
    """A power of two; it can never be changed, so there is room."""
    shards = 1
    while shards * of_one_shard < open_journeys:
        shards *= 2
    return shards


def reckoned(load: Load, costs: Costs) -> dict[str, float]:
    """What the load needs at its rate."""
    api = cores(load, costs.api_event + costs.api_delivery, 0)
    worker = cores(load, 0, costs.worker_journey)
    temporal = cores(load, costs.temporal_event, costs.temporal_journey)
    database = cores(load, costs.database_event, costs.database_journey)
    events, journeys = load.events_per_second, load.journeys_per_second
    return {
        "events a second": events,
        "journeys a second": journeys,
        "API processes": processes(api),
        "worker processes": processes(worker),
        "Temporal, processors": processes(temporal),
        "PostgreSQL, processors": processes(database),
        "PostgreSQL, commits a second": events * costs.commits_event
        + journeys * costs.commits_journey,
        "Temporal, state transitions a second": events * costs.transitions_event
        + journeys * costs.transitions_journey,
    }


def kept(load: Load, costs: Costs) -> dict[str, float]:
    """What stays, and what it costs, at the average rate."""
    daily = load.journeys_per_day
    rows = (
        load.events_per_journey * costs.inbox_row
        + costs.journeys_row
        + load.messages_per_journey * costs.messages_row
    )
    billed = Actions().billed
    millions = daily * DAYS_OF_A_MONTH * billed / 1e6
    return {
        "open journeys, millions": load.open_journeys / 1e6,
        "history shards": history_shards(load.open_journeys),
        "PostgreSQL, GB a day": daily * rows / 1e9,
        "Temporal, GB a day of retention": daily * costs.temporal_journey_disk / 1e9,
        "Temporal Cloud, Actions a journey": billed,
        "Temporal Cloud, Actions a second": load.journeys_per_second * billed,
        "Temporal Cloud, dollars for 1,000 journeys, first tier": billed * TIERS[0][1] / 1000,
        "the same, last listed tier": billed * TIERS[-1][1] / 1000,
        "Temporal Cloud, dollars a month, at most": price_of(millions),
    }


def main() -> None:
    """Print the reckoning."""
    console, costs = Console(), Costs()
    average, peak = Load(), Load(events_per_second=1400)
    rates = Table("at the rate of", "average", "flash sale")
    at_peak = reckoned(peak, costs)
    for name, value in reckoned(average, costs).items():
        rates.add_row(name, f"{value:,.0f}", f"{at_peak[name]:,.0f}")
    console.print(rates)
    stays = Table("what stays", "average")
    for name, value in kept(average, costs).items():
        stays.add_row(name, f"{value:,.2f}" if value < 100 else f"{value:,.0f}")  # noqa: PLR2004  # small ones need their digits
    console.print(stays)


if __name__ == "__main__":
    main()

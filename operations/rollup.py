"""Facts by day, of whole days as they were rolled up, and computed where they were not.

A day that ended three days ago is computed once and kept. What changes it later is marked in the
transaction of the change (`storage/result_changes.py`): then the day is computed again. Days of
another time zone or attribution window are, too. Of several processes that compute at the same
time the first one writes; the others answer with what they computed.
"""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import cache, partial
from typing import Final

import structlog

from domain.results.days import Span, day_of, is_whole, runs, spans, start_of
from domain.results.facts import Facts
from operations.day_facts import compute
from storage import result_days
from storage.database import UNAVAILABLE_ERRORS, Database
from storage.result_changes import SETTLED_AFTER, Mark
from storage.result_days import Basis, Computed, State
from storage.stores import Store

AHEAD: Final = timedelta(days=31)
"""Days later than so long from now are not looked at: nothing has happened on them."""

AT_ONCE: Final = 61
"""Days that are computed together, and then kept."""

KEPT_FOR: Final = timedelta(days=3650)
"""Older days are not rolled up: there are orders of the year 1. The ledger has none of them."""

log = structlog.get_logger()


async def facts_by_day(  # noqa: PLR0913  # what facts depend on
    database: Database,
    store: Store,
    start: datetime,
    end: datetime,
    now: datetime | None,
    *,
    tidy: bool = False,
) -> dict[date, Facts]:
    """The facts of a store by day, from `start` up to, not including, `end`.

    Args:
        database: to read from; days that were computed are kept in it.
        store: whose.
        start: of the period.
        end: of the period.
        now: the time, by which days are old enough to be kept; None: all are computed.
        tidy: forget marks even if there is no day to be kept.
    """
    basis, zone = basis_of(store), store.config.timezone
    end = end if now is None else min(end, now + AHEAD)
    async with database.reading(long=True) as connection:
        state = await result_days.state_of(connection, store.store_id, basis)
        first_at = await result_days.first_fact_at(connection, store.store_id)
    if first_at is None:
        return {}
    period = max(start, start_of(day_of(first_at, zone), zone)), end
    wanted = _Wanted.of(state, zone, period, now)
    found = await _read(database, store, basis, wanted.kept)
    roll_up = _RollUp(database, store, state, now or end)
    for each, days in wanted.live():
        found.update(await roll_up.compute(each, days))
    marks = _settled(state, zone, {each.day for each in wanted.missing})
    found.update(await roll_up.run(wanted.missing, marks, tidy=tidy))
    return found


async def roll_up(database: Database, store: Store, end: datetime, now: datetime) -> None:
    """Roll up all days of a store until a time, in few steps, and forget marks that are done."""
    zone = store.config.timezone
    start = _oldest(now, zone)
    await facts_by_day(database, store, start, start_of(day_of(end, zone), zone), now, tidy=True)


def basis_of(store: Store) -> Basis:
    """What the days of a store depend on besides what happened."""
    window = int(store.config.attribution_window.total_seconds())
    return Basis(store.config.timezone, window)


@dataclass(frozen=True)
class _Wanted:
    """The days of a period, by where their facts are from."""

    period: tuple[datetime, datetime]
    oldest: datetime
    kept: Sequence[date]
    missing: Sequence[Span]
    others: Sequence[Span]
    """Those that are not kept: too new, or not whole."""

    @classmethod
    def of(
        cls, state: State, zone: str, period: tuple[datetime, datetime], now: datetime | None
    ) -> "_Wanted":
        start, end = period
        oldest = _oldest(now or end, zone)
        days = list(spans(max(start, oldest), end, zone))
        settled = [each for each in days if now is not None and _is_settled(each, zone, now)]
        fresh = state.days - _stale(state.marks, zone, settled)
        return cls(
            period,
            oldest,
            kept=[each.day for each in settled if each.day in fresh],
            missing=[each for each in settled if each.day not in fresh],
            others=[each for each in days if now is None or not _is_settled(each, zone, now)],
        )

    def live(self) -> Iterable[tuple[tuple[datetime, datetime], list[Span]]]:
        """Periods whose facts are computed each time, with their days."""
        start, end = self.period
        if start < min(self.oldest, end):
            yield (start, min(self.oldest, end)), []
        for run in runs(self.others, AT_ONCE):
            yield (run[0].start, run[-1].end), run


def _oldest(at: datetime, zone: str) -> datetime:
    """The beginning of the first day that is kept."""
    first = datetime.min.replace(tzinfo=UTC) + KEPT_FOR
    return start_of(day_of(max(at, first) - KEPT_FOR, zone), zone)


def _is_settled(span: Span, zone: str, now: datetime) -> bool:
    return span.end <= now - SETTLED_AFTER and is_whole(span, zone)


def _stale(marks: Iterable[Mark], zone: str, days: Sequence[Span]) -> set[date]:
    covered = {(day_of(each.start, zone), day_of(each.end, zone)) for each in marks}
    return {each.day for each in days if any(first <= each.day <= last for first, last in covered)}


def _settled(state: State, zone: str, computed: set[date]) -> list[int]:
    """The marks by which no stored day is stale any more."""
    left = sorted(state.days - computed)

    @cache
    def is_done(first: date, last: date) -> bool:
        place = bisect_left(left, first)
        return place == len(left) or left[place] > last

    day = cache(partial(day_of, zone=zone))
    return [each.id for each in state.marks if is_done(day(each.start), day(each.end))]


async def _read(
    database: Database, store: Store, basis: Basis, days: Sequence[date]
) -> dict[date, Facts]:
    if not days:
        return {}
    async with database.reading(long=True) as connection:
        found = await result_days.read(connection, store.store_id, basis, days[0], days[-1])
    kept = frozenset(days)
    return {day: facts for day, facts in found.items() if day in kept}


class _RollUp:
    """Computes days of a store, and keeps them."""

    def __init__(self, database: Database, store: Store, state: State, now: datetime) -> None:
        self._database = database
        self._store = store
        self._state = state
        self._now = now
        self._first = True
        """No other process wrote since the state was read, as far as is known."""

    async def compute(
        self, period: tuple[datetime, datetime], days: list[Span]
    ) -> dict[date, Facts]:
        """The facts of a period."""
        async with self._database.reading(long=True) as connection:
            return await compute(connection, self._store, period, days)

    async def run(
        self, missing: Sequence[Span], marks: Sequence[int], *, tidy: bool
    ) -> dict[date, Facts]:
        """The facts of days that follow each other or not, which are kept."""
        found: dict[date, Facts] = {}
        for run in runs(missing, AT_ONCE):
            computed = await self.compute((run[0].start, run[-1].end), run)
            found.update(computed)
            is_last = run[-1] == missing[-1]
            await self._keep(Computed(computed, marks if is_last else ()))
        if tidy and marks and not missing:
            await self._keep(Computed({}, marks))
        return found

    async def _keep(self, computed: Computed) -> None:
        if not self._first:
            return
        try:
            async with self._database.transaction(long=True) as connection:
                self._first = await result_days.write(connection, self._state, computed, self._now)
        except UNAVAILABLE_ERRORS as error:  # such as of a replica that only reads
            log.warning("results are not rolled up", because=type(error).__name__)
            self._first = False
        else:
            self._state = replace(self._state, generation=self._state.generation + 1)

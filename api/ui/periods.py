"""The days that a page is about, in the store's time zone."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import Depends, Query

from api.dependencies import ServicesDep
from api.ui.viewers import VisibleStore
from storage.stores import Store

DEFAULT_DAYS = 7
MAX_DAYS = 400
"""Of one page."""


@dataclass(frozen=True)
class Days:
    """From the first day to the last, both included."""

    first: date
    last: date
    zone: ZoneInfo

    @property
    def start(self) -> datetime:
        """When the first day begins."""
        return datetime.combine(self.first, time(), self.zone)

    @property
    def end(self) -> datetime:
        """When the day after the last begins."""
        return datetime.combine(self.last + timedelta(days=1), time(), self.zone)

    @property
    def query(self) -> dict[str, str]:
        """The days, as a link names them."""
        return {"from": self.first.isoformat(), "to": self.last.isoformat()}


@dataclass(frozen=True)
class Preset:
    """Days that are often asked for."""

    name: str
    query: dict[str, str]
    chosen: bool


DayQuery = Annotated[date | None, Query(ge=date(2000, 1, 1), le=date(2999, 12, 30))]


async def _days(
    store: VisibleStore,
    services: ServicesDep,
    first: Annotated[DayQuery, Query(alias="from")] = None,
    last: Annotated[DayQuery, Query(alias="to")] = None,
) -> Days:
    """The last seven days by default; turned round in the wrong order, and none after today."""
    zone = ZoneInfo(store.config.timezone)
    today = _today(services.clock(), zone)
    last = min(last or today, today)
    first = min(first or last - timedelta(days=DEFAULT_DAYS - 1), today)
    first, last = min(first, last), max(first, last)
    return Days(max(first, last - timedelta(days=MAX_DAYS - 1)), last, zone)


DaysQuery = Annotated[Days, Depends(_days)]


def presets(store: Store, chosen: Days, now: datetime) -> list[Preset]:
    """The days to choose from."""
    zone = ZoneInfo(store.config.timezone)
    today = _today(now, zone)
    monday = today - timedelta(days=today.weekday())
    spans = {
        "7 days": (today - timedelta(days=6), today),
        "Last week": (monday - timedelta(days=7), monday - timedelta(days=1)),
        "30 days": (today - timedelta(days=29), today),
        "60 days": (today - timedelta(days=59), today),
    }
    return [
        Preset(name, Days(*span, zone).query, span == (chosen.first, chosen.last))
        for name, span in spans.items()
    ]


def _today(now: datetime, zone: ZoneInfo) -> date:
    return now.astimezone(zone).date()

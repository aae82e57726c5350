"""From left to came back: what came of a store's events in a period, stage by stage."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from storage import funnel_counts
from storage.database import Database
from storage.funnel_counts import Ending, Ignored, Unsent


@dataclass(frozen=True)
class Funnel:
    """The stages before a message goes out; results have those after it."""

    events: int
    """That came in the period and are kept."""
    ignored: Sequence[Ignored]
    endings: Sequence[Ending]
    """Of the journeys that closed in the period."""
    due: int
    """Messages that were claimed."""
    unsent: Sequence[Unsent]
    """Of these, the ones that did not go out."""

    @property
    def journeys(self) -> int:
        """How many closed."""
        return sum(each.journeys for each in self.endings)

    @property
    def without_message(self) -> Sequence[Ending]:
        """The endings of journeys of which no message went out."""
        return [each for each in self.endings if not each.messaged]

    @property
    def after_message(self) -> Sequence[Ending]:
        """The endings of journeys of which one did."""
        return [each for each in self.endings if each.messaged]


async def funnel_of(database: Database, store_id: str, start: datetime, end: datetime) -> Funnel:
    """The stages of a store from `start` up to, not including, `end`."""
    whose = (store_id, start, end)
    async with database.reading(long=True) as connection:
        return Funnel(
            events=await funnel_counts.events(connection, *whose),
            ignored=await funnel_counts.ignored(connection, *whose),
            endings=await funnel_counts.endings(connection, *whose),
            due=await funnel_counts.due(connection, *whose),
            unsent=await funnel_counts.unsent(connection, *whose),
        )

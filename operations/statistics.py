"""Statistics of a store: how its journeys ended, and what became of its messages."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final

from pydantic import AwareDatetime, BaseModel, Field

from storage import journeys, message_reports
from storage.database import Database

BEFORE_TRIGGER: Final = "none"
"""The plan of journeys that closed before they had a trigger."""

Counts = dict[str, int]


class People(BaseModel):
    """How many different people got a message: it was accepted, sent, delivered or read."""

    plan: int = 0
    """At least one of any step."""
    steps: Counts = Field(default_factory=dict)
    """By step: at least one of it, its own or a fallback."""


class PlanStatistics(BaseModel):
    """The journeys and messages of one plan, known by its kind of event."""

    journeys: dict[str, Counts] = Field(default_factory=dict)
    """By outcome and reason."""
    steps: dict[str, Counts] = Field(default_factory=dict)
    """The steps' own messages, by step and status."""
    fallbacks: dict[str, dict[str, Counts]] = Field(default_factory=dict)
    """By step, number of the fallback, and status. None of them is counted in `steps`."""
    people: People = Field(default_factory=People)


class Statistics(BaseModel):
    """A store's statistics: of journeys that closed, and of messages claimed, in a period."""

    start: AwareDatetime = Field(alias="from")
    end: AwareDatetime = Field(alias="to")
    plans: dict[str, PlanStatistics]


async def statistics_of(
    database: Database, store_id: str, start: datetime, end: datetime
) -> Statistics:
    """The statistics of a store, from `start` up to, not including, `end`."""
    whose = (store_id, start, end)
    plans: defaultdict[str, PlanStatistics] = defaultdict(PlanStatistics)
    async with database.reading(long=True) as connection:
        _add_journeys(plans, await journeys.counted(connection, *whose))
        _add_messages(plans, await message_reports.counted(connection, *whose))
        _add_people(plans, await message_reports.people(connection, *whose))
    return Statistics.model_validate({"from": start, "to": end, "plans": plans})


def _add_journeys(plans: Mapping[str, PlanStatistics], closed: Iterable[Mapping[str, Any]]) -> None:
    for row in closed:
        outcomes = plans[row["kind"] or BEFORE_TRIGGER].journeys
        outcomes.setdefault(row["outcome"], {})[row["reason"]] = row["count"]


def _add_messages(
    plans: Mapping[str, PlanStatistics], claimed: Iterable[Mapping[str, Any]]
) -> None:
    for row in claimed:
        plan, step = plans[row["kind"]], str(row["step"])
        if row["fallback"] == 0:
            counts = plan.steps.setdefault(step, {})
        else:
            counts = plan.fallbacks.setdefault(step, {}).setdefault(str(row["fallback"]), {})
        counts[row["status"]] = row["count"]


def _add_people(plans: Mapping[str, PlanStatistics], reached: Iterable[Mapping[str, Any]]) -> None:
    for row in reached:
        people = plans[row["kind"]].people
        if row["step"] is None:
            people.plan = row["count"]
        else:
            people.steps[str(row["step"])] = row["count"]

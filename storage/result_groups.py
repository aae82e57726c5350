"""How results are grouped: by plan, step, variant, template or day."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import BigInteger, ColumnElement, cast, func
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.tables import messages

QUARTER: Final = 900
"""Seconds. Every time zone is some quarters of an hour from UTC, so that quarters make up days."""


class By(StrEnum):
    """What one row is about."""

    PLAN = "plan"
    STEP = "step"
    VARIANT = "variant"
    TEMPLATE = "template"
    DAY = "day"


@dataclass(frozen=True, order=True)
class Group:
    """What one row is about; None where a row is about all of them."""

    day: date | None = None
    plan: str | None = None
    step: int | None = None
    variant: str | None = None
    template: str | None = None
    language: str | None = None


_COLUMNS: Final[Mapping[By, Sequence[str]]] = {
    By.PLAN: ("kind",),
    By.STEP: ("kind", "step"),
    By.VARIANT: ("kind", "variant"),
    By.TEMPLATE: ("template", "language", "channel"),
    By.DAY: (),
}


def columns_of(connection: AsyncConnection, by: By) -> list[ColumnElement[Any]]:
    """The columns of `messages` that tell its rows apart; of a day, the quarter of an hour."""
    if by is By.DAY:
        return [quarter_of(connection, messages.c.claimed_at).label("quarter")]
    return [messages.c[name] for name in _COLUMNS[by]]


def quarter_of(connection: AsyncConnection, at: ColumnElement[Any]) -> ColumnElement[int]:
    """The number of quarters of an hour since 1970, in UTC."""
    if connection.dialect.name == "sqlite":
        return cast(func.strftime("%s", at), BigInteger).op("/")(QUARTER)
    return cast(func.floor(func.extract("epoch", at) / QUARTER), BigInteger)


def day_of(at: datetime, zone: str) -> date:
    """The day in a time zone."""
    return at.astimezone(ZoneInfo(zone)).date()


def group_of(row: Mapping[str, Any], by: By, zone: str) -> Group:
    """The group of a row with the columns of `columns_of`."""
    if by is By.DAY:
        return Group(day=day_of(datetime.fromtimestamp(row["quarter"] * QUARTER, UTC), zone))
    if by is By.TEMPLATE:
        return Group(template=row["template"] or row["channel"], language=row["language"] or None)
    variant = row["variant"] if by is By.VARIANT else None
    return Group(plan=row["kind"], step=row["step"] if by is By.STEP else None, variant=variant)

"""How results are grouped: by plan, step, variant, template or day."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import BigInteger, ColumnElement, cast, func
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.results.facts import Subject

QUARTER: Final = 900
"""Seconds. In which times are counted together."""


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


def quarter_of(connection: AsyncConnection, at: ColumnElement[Any]) -> ColumnElement[int]:
    """The number of quarters of an hour since 1970, in UTC."""
    if connection.dialect.name == "sqlite":
        return cast(func.strftime("%s", at), BigInteger).op("/")(QUARTER)
    return cast(func.floor(func.extract("epoch", at) / QUARTER), BigInteger)


def group_of(subject: Subject, by: By) -> Group:
    """The group that a subject of facts belongs to; of days, the one that is about all of it."""
    match by:
        case By.DAY:
            return Group()
        case By.TEMPLATE:
            template = subject.template or subject.channel
            return Group(template=template, language=subject.language or None)
        case By.STEP:
            return Group(plan=subject.kind, step=subject.step)
        case By.VARIANT:
            return Group(plan=subject.kind, variant=subject.variant)
        case By.PLAN:
            return Group(plan=subject.kind)

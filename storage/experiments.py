"""Experiments: which ran when, and what they compared. They begin and end with configurations."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import RowMapping, bindparam, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.experiments.design import Design, designs_of, followed_for
from domain.experiments.winsorising import PERCENTILE
from domain.stores.config import StoreConfig
from storage.result_tables import experiments

_RUNNING: Final = select(experiments).where(
    experiments.c.store_id == bindparam("of_store"), experiments.c.ended_at.is_(None)
)
_OF_KIND: Final = _RUNNING.where(experiments.c.kind == bindparam("of_kind"))


@dataclass(frozen=True)
class Experiment:
    """One experiment of a store's plan."""

    experiment_id: str
    kind: str
    """Whose plan."""
    design: Design
    followed_for: timedelta
    """How long a person's orders count, from the claim or from the plan on."""
    percentile: float
    """Of buyers' revenue, above which it is capped."""
    started_at: datetime
    ended_at: datetime | None = None


async def follow_config(
    connection: AsyncConnection, store_id: str, config: StoreConfig, now: datetime
) -> None:
    """End the experiments that a store's configuration ends, and begin those that it begins.

    One whose holdout, variants' names and weights stay as they are goes on; texts may change.
    """
    wanted = designs_of(config)
    running = {each.kind: each for each in await _running(connection, store_id)}
    over = [each for each in running.values() if wanted.get(each.kind) != each.design]
    for each in over:
        await end(connection, store_id, each.experiment_id, now)
    going_on = {each.kind for each in running.values() if each not in over}
    for kind in wanted.keys() - going_on:
        await connection.execute(
            insert(experiments).values(
                store_id=store_id, started_at=now, **_values(kind, wanted[kind], config)
            )
        )


def _values(kind: str, design: Design, config: StoreConfig) -> Mapping[str, Any]:
    return {
        "experiment_id": f"exp-{uuid.uuid4().hex[:12]}",
        "kind": kind,
        "design": design.model_dump(mode="json"),
        "followed_for": int(followed_for(config, config.plans[kind]).total_seconds()),
        "percentile": PERCENTILE,
    }


async def end(
    connection: AsyncConnection, store_id: str, experiment_id: str, now: datetime
) -> None:
    """End an experiment: no further person is assigned."""
    same = (experiments.c.store_id == store_id, experiments.c.experiment_id == experiment_id)
    await connection.execute(update(experiments).where(*same).values(ended_at=now))


async def running(connection: AsyncConnection, store_id: str, kind: str) -> Experiment | None:
    """The experiment that runs with the plan of a kind."""
    which = {"of_store": store_id, "of_kind": kind}
    row = (await connection.execute(_OF_KIND, which)).mappings().first()
    return None if row is None else _experiment(row)


async def _running(connection: AsyncConnection, store_id: str) -> list[Experiment]:
    found = await connection.execute(_RUNNING, {"of_store": store_id})
    return [_experiment(row) for row in found.mappings()]


async def listed(connection: AsyncConnection, store_id: str) -> list[Experiment]:
    """All of a store's experiments, the newest first."""
    query = select(experiments).where(experiments.c.store_id == store_id)
    order = (experiments.c.started_at.desc(), experiments.c.experiment_id)
    found = await connection.execute(query.order_by(*order))
    return [_experiment(row) for row in found.mappings()]


def _experiment(row: RowMapping) -> Experiment:
    return Experiment(
        experiment_id=row["experiment_id"],
        kind=row["kind"],
        design=Design.model_validate(row["design"]),
        followed_for=timedelta(seconds=row["followed_for"]),
        percentile=row["percentile"],
        started_at=row["started_at"],
        ended_at=row["ended_at"],
    )

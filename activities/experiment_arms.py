"""Which arm of its plan's experiment a journey follows."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from clock import Clock
from domain.customers import phones
from domain.customers.identity import number_hashes
from domain.experiments.assignment import variant_of
from domain.journey.activity_inputs import PlanRequest
from domain.journey.plan import NO_EXPERIMENT, PlannedArm
from storage import aliases, assignments, experiments
from storage.assignments import NewAssignment
from storage.database import Database
from storage.experiments import Experiment
from storage.stores import Store


async def planned_arm(
    database: Database, clock: Clock, request: PlanRequest, store: Store, body: Mapping[str, Any]
) -> PlannedArm:
    """The variant of a customer, drawn by their number, so that two ids of one person get one.

    Variants that differ in delays are written down here: what is due first would otherwise decide
    who is compared. Others are written down at the first claim.

    Args:
        database: has the store's experiments.
        clock: the time of an assignment.
        request: whose plan is loaded.
        store: the customer's.
        body: of the trigger, as posted.
    """
    plan = store.config.plan_for(request.trigger.kind)
    if plan is None or not (plan.holdout or plan.variants):
        return NO_EXPERIMENT
    address = phones.address_in(body, store.config.default_region)
    if address is None:
        return NO_EXPERIMENT  # no message can reach them: they are in no arm
    forms = number_hashes(store.hash_key, address)
    kind = store.config.plan_kind(request.trigger.kind)
    async with database.reading() as connection:
        experiment = await experiments.running(connection, store.store_id, kind)
        if experiment is None:
            return NO_EXPERIMENT
        variant = await _known_variant(connection, store.store_id, experiment, forms)
    if variant is None:
        person = min(forms)
        design, experiment_id = experiment.design, experiment.experiment_id
        variant = variant_of(design, store.hash_key, experiment_id, person)
        if design.timing:
            new = NewAssignment(store.store_id, experiment_id, person, request.customer_id, variant)
            async with database.transaction() as connection:
                await assignments.add_at_plan(connection, new, clock())
    return PlannedArm(experiment.experiment_id, variant)


async def _known_variant(
    connection: AsyncConnection, store_id: str, experiment: Experiment, forms: frozenset[str]
) -> str | None:
    """What the person was assigned before, in an earlier journey or under another number."""
    identities = await aliases.with_aliases(connection, store_id, forms)
    known = await assignments.of_person(
        connection, store_id, experiment.experiment_id, identities | forms
    )
    return None if known is None else known.variant

"""Claims of people who are held out, on both databases."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from domain.experiments.assignment import is_held_out
from domain.experiments.design import Design
from storage import (
    assignments,
    claim_transaction,
    experiments,
    message_limits,
    stores,
    suppressions,
)
from storage.assignments import NewAssignment
from storage.claims import Claim, Claimed, ExperimentArm, Forbidden, Refusal
from storage.database import Database
from storage.experiments import Experiment
from storage.messages import MessageStatus
from tests.storage.builders import CUSTOMER, NOW, STORE, a_claim, a_config, later

STEP = {"after": "1h", "template": "reminder", "language": "en"}
KEY = "key"


async def begin(database: Database, share: float = 0.5, **changes: Any) -> Experiment:
    plans = {"cart_update": {"holdout": share, "steps": [STEP]}}
    async with database.transaction() as connection:
        await stores.put(connection, STORE, a_config(plans=plans, **changes), NOW)
        found = await experiments.running(connection, STORE, "cart_update")
    assert found is not None
    return found


def of_person(experiment: Experiment, person: str, **changes: Any) -> Claim:
    arm = ExperimentArm(experiment.experiment_id, "cart_update", None, is_first=True, hash_key=KEY)
    return replace(a_claim(**changes), address_hash=person, arm=arm)


def a_person(experiment: Experiment, *, held_out: bool) -> str:
    people = (f"person-{number}" for number in range(1000))
    design, experiment_id = experiment.design, experiment.experiment_id
    return next(
        each for each in people if is_held_out(design, KEY, experiment_id, each) is held_out
    )


async def claim(database: Database, wanted: Claim, seconds: float = 0) -> Any:
    async with database.transaction() as connection:
        return await claim_transaction.claim(connection, wanted, later(seconds))


async def test_a_held_out_person_is_refused_and_the_others_are_not(registered: Database) -> None:
    experiment = await begin(registered)
    held_out = await claim(registered, of_person(experiment, a_person(experiment, held_out=True)))
    assert isinstance(held_out, Forbidden)
    assert held_out.refusal is Refusal.WITHHELD
    assert held_out.evidence["experiment"] == experiment.experiment_id
    other = of_person(experiment, a_person(experiment, held_out=False), customer_id="other")
    assert isinstance(await claim(registered, other), Claimed)


async def test_a_withheld_message_takes_no_slot_and_has_no_one_wait(registered: Database) -> None:
    experiment = await begin(registered)
    person = a_person(experiment, held_out=True)
    await claim(registered, of_person(experiment, person))
    async with registered.reading() as connection:
        latest = await message_limits.latest_to(connection, STORE, [person])
        counted = await message_limits.counted_since(
            connection, STORE, [person], NOW - timedelta(days=1)
        )
    assert latest is None
    assert len(counted) == 1


async def test_a_withheld_message_is_never_claimed_again(registered: Database) -> None:
    experiment = await begin(registered)
    wanted = of_person(experiment, a_person(experiment, held_out=True))
    await claim(registered, wanted)
    again = await claim(registered, wanted, 60)
    assert again.status is MessageStatus.WITHHELD


async def test_who_opted_out_is_in_no_arm(registered: Database) -> None:
    experiment = await begin(registered)
    person = a_person(experiment, held_out=True)
    async with registered.transaction() as connection:
        await suppressions.add(connection, STORE, person, "said STOP", NOW)
    answer = await claim(registered, of_person(experiment, person))
    assert answer.refusal is Refusal.OPTED_OUT
    async with registered.reading() as connection:
        assert (
            await assignments.of_person(connection, STORE, experiment.experiment_id, [person])
            is None
        )


async def test_nothing_is_drawn_after_the_experiment_ended(registered: Database) -> None:
    experiment = await begin(registered)
    async with registered.transaction() as connection:
        await experiments.end(connection, STORE, experiment.experiment_id, later(1))
    wanted = of_person(experiment, a_person(experiment, held_out=True))
    assert isinstance(await claim(registered, wanted, 2), Claimed)


async def test_a_variant_that_came_with_the_plan_stays_at_the_claim(registered: Database) -> None:
    experiment = await begin(registered)
    person = a_person(experiment, held_out=False)
    new = NewAssignment(STORE, experiment.experiment_id, person, CUSTOMER, "a")
    async with registered.transaction() as connection:
        await assignments.add_at_plan(connection, new, NOW)
        await assignments.add_at_plan(connection, replace(new, variant="b"), NOW)
    await claim(registered, of_person(experiment, person))
    async with registered.reading() as connection:
        known = await assignments.of_person(
            connection, STORE, experiment.experiment_id, [person, "unknown"]
        )
    assert known is not None
    assert (known.variant, known.held_out) == ("a", False)


async def test_another_configuration_of_the_same_design_changes_nothing(
    registered: Database,
) -> None:
    first = await begin(registered)
    assert await begin(registered, name="Other name") == first
    assert (await begin(registered, 0.1)).design == Design(holdout=0.1)

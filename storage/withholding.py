"""Withholding messages: a claim of a held-out person, in the claiming transaction.

It comes after every other check, so that the people of each arm are those whom nothing else kept
from a message.
"""

from datetime import datetime
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from domain.experiments.assignment import is_held_out
from storage import assignments, experiments, messages
from storage.assignments import NewAssignment
from storage.claims import Claim, ExperimentArm, Forbidden, Refusal
from storage.messages import LedgerUpdate, MessageStatus

BECAUSE: Final = "held out of the experiment"


async def withheld(
    connection: AsyncConnection, wanted: Claim, identities: frozenset[str], now: datetime
) -> Forbidden | None:
    """Write the message down as withheld, if its person is held out.

    Args:
        connection: of the claiming transaction.
        wanted: the message.
        identities: of its person.
        now: the time of the claim.

    Returns:
        None: the message may be sent.
    """
    arm = wanted.arm
    if arm is None or not await _is_held_out(connection, wanted, arm, identities, now):
        return None
    message_id = await messages.claim(connection, wanted.key, wanted.details, now)
    outcome = LedgerUpdate(MessageStatus.WITHHELD, because=BECAUSE)
    await messages.settle(connection, message_id, now, outcome)
    evidence = {"message_id": message_id, "experiment": arm.experiment_id}
    return Forbidden(Refusal.WITHHELD, evidence)


async def _is_held_out(
    connection: AsyncConnection,
    wanted: Claim,
    arm: ExperimentArm,
    identities: frozenset[str],
    now: datetime,
) -> bool:
    """The person's arm; at the first claim it is drawn."""
    store_id = wanted.key.store_id
    known = await assignments.of_person(connection, store_id, arm.experiment_id, identities)
    if known is not None and known.held_out is not None:
        return known.held_out
    experiment = await experiments.running(connection, store_id, arm.kind)
    runs = experiment is not None and experiment.experiment_id == arm.experiment_id
    if experiment is None or not runs or not arm.is_first:
        return False
    person = known.person if known else min(wanted.forms)
    held_out = is_held_out(experiment.design, arm.hash_key, arm.experiment_id, person)
    new = NewAssignment(store_id, arm.experiment_id, person, wanted.key.customer_id, arm.variant)
    await assignments.add_at_claim(connection, new, now, held_out=held_out)
    return held_out

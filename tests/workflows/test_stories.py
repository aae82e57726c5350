"""How the recorded stories end."""

import pytest

from domain.journey.outcomes import Outcome, Reason
from tests.workflows import stories
from tests.workflows.stories import STORIES, Story
from tests.workflows.world import World

ENDS: dict[Story, tuple[Outcome, Reason, int]] = {
    stories.overtaken_by_an_order: (Outcome.EXITED, Reason.ORDER_PLACED, 0),
    stories.overtaken_by_a_newer_cart: (Outcome.MESSAGED, Reason.PLAN_DONE, 1),
    stories.postponed_by_what_was_accepted: (Outcome.MESSAGED, Reason.PLAN_DONE, 1),
    stories.postponed_by_the_partner: (Outcome.MESSAGED, Reason.PLAN_DONE, 1),
    stories.buffer_goes_on_with_what_was_accepted: (Outcome.MESSAGED, Reason.PLAN_DONE, 1),
    stories.delivered_again_after_the_end: (Outcome.SKIPPED, Reason.ALREADY_HANDLED, 2),
    stories.delivered_again_beside_a_new_cart: (Outcome.MESSAGED, Reason.PLAN_DONE, 2),
    stories.read_from_the_inbox_at_the_end: (Outcome.SKIPPED, Reason.EXPIRED, 0),
    stories.ended_in_the_buffer: (Outcome.EXITED, Reason.ORDER_PLACED, 0),
    stories.exited_in_the_buffer: (Outcome.EXITED, Reason.OPERATOR, 0),
    stories.cart_emptied: (Outcome.EXITED, Reason.CART_EMPTIED, 0),
    stories.without_a_plan_any_more: (Outcome.SKIPPED, Reason.NO_PLAN, 0),
    stories.expired_while_held: (Outcome.SKIPPED, Reason.EXPIRED, 0),
    stories.ended_while_held: (Outcome.EXITED, Reason.ORDER_PLACED, 0),
    stories.template_held_and_resumed: (Outcome.MESSAGED, Reason.PLAN_DONE, 1),
    stories.sent_without_an_answer_of_the_partner: (Outcome.MESSAGED, Reason.PLAN_DONE, 1),
    stories.without_an_exit_api: (Outcome.MESSAGED, Reason.PLAN_DONE, 1),
    stories.capped: (Outcome.MESSAGED, Reason.PLAN_DONE, 1),
    stories.withheld: (Outcome.SKIPPED, Reason.WITHHELD, 0),
    stories.with_a_variant: (Outcome.MESSAGED, Reason.PLAN_DONE, 1),
    stories.unconfirmed: (Outcome.MESSAGED, Reason.PLAN_DONE, 0),
    stories.recorded_when_the_database_was_back: (Outcome.MESSAGED, Reason.PLAN_DONE, 1),
}


@pytest.mark.parametrize("story", ENDS, ids=lambda story: story.__name__)
async def test_a_story_ends_as_it_must(world: World, story: Story) -> None:
    shop = await story(world)
    ending = await shop.result()
    assert (ending.outcome, ending.reason, len(await shop.messages())) == ENDS[story]


def test_every_new_story_is_recorded() -> None:
    assert set(ENDS) <= set(STORIES)


async def test_an_outcome_is_recorded_when_the_database_is_back(world: World) -> None:
    shop = await stories.recorded_when_the_database_was_back(world)
    (message,) = await shop.ledger()
    assert (message["status"], message["provider_id"]) == ("accepted", None)
    history = await shop.handle.fetch_history()
    assert any(
        b"record that the message is accepted" in event.user_metadata.summary.data
        for event in history.events
    )

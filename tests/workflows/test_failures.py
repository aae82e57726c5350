"""Messages that Meta took and then could not deliver, on a real server."""

from datetime import timedelta

import pytest

from domain.journey.outcomes import Outcome, Reason
from storage import template_failures, template_holds
from tests.workflows.stories import failed_after_its_first_message
from tests.workflows.world import World


async def test_who_cannot_be_reached_is_sent_nothing_more(world: World) -> None:
    shop = await failed_after_its_first_message(world, 131026, "24h")

    ending = await shop.ends()

    assert (ending.outcome, ending.reason) == (Outcome.SKIPPED, Reason.UNREACHABLE)
    assert await shop.templates() == ["cart_reminder"]


async def test_who_had_enough_marketing_is_tried_again_a_day_later_after_a_fresh_exit_check(
    world: World,
) -> None:
    shop = await failed_after_its_first_message(world, 131049, "72h")

    ending = await shop.ends()

    assert ending.outcome is Outcome.MESSAGED
    assert await shop.templates() == ["cart_reminder", "cart_reminder", "cart_last_call"]
    assert await shop.exit_checks() == 3
    decisions = (await shop.closed()).decisions
    sent = [each.at for each in decisions if each.decision == "message_sent"]
    assert sent[1] - shop.now >= timedelta(hours=24)


async def test_not_where_the_next_message_comes_before_that(world: World) -> None:
    shop = await failed_after_its_first_message(world, 131049, "20h")

    await shop.ends()

    assert await shop.templates() == ["cart_reminder", "cart_last_call"]


@pytest.mark.parametrize("code", [132001, 131053])
async def test_any_other_failure_is_noted_and_the_journey_goes_on(world: World, code: int) -> None:
    shop = await failed_after_its_first_message(world, code, "24h")

    await shop.ends()

    assert await shop.templates() == ["cart_reminder", "cart_last_call"]
    assert "message_failed" in await shop.decisions()


async def test_a_failure_of_the_account_pauses_the_store_before_the_next_message(
    world: World,
) -> None:
    shop = await failed_after_its_first_message(world, 131042, "24h")

    assert (await shop.stored()).paused
    await shop.resume()
    await shop.ends()
    assert await shop.templates() == ["cart_reminder", "cart_last_call"]


async def test_a_failure_of_the_template_holds_it(world: World) -> None:
    shop = await failed_after_its_first_message(world, 132015, "24h")

    async with world.database.reading() as connection:
        [held] = await template_holds.listed(connection, shop.store.store_id)
    assert (held["template"], held["because"]) == ("cart_reminder", "Meta answers 132015")
    assert (held["language"], held["held_by"]) == ("en", "meta")


async def test_late_mismatches_of_three_people_hold_the_template(world: World) -> None:
    first = await failed_after_its_first_message(world, 132000, "24h")
    template = (first.store.store_id, "cart_reminder", "en")
    async with world.database.transaction() as connection:
        for number in range(2):
            await template_failures.add(connection, template, f"person-{number}", first.now)

    await first.meta_reports_failure(132000)
    async with world.database.transaction() as connection:
        assert await template_failures.add(connection, template, "person-1", first.now) == 3
    await first.ends()

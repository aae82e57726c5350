"""What operators see of a journey in Temporal, and what must not stand there."""

import re

from temporalio.client import WorkflowExecutionStatus

from tests.workflows.world import HOUR, MINUTE, World
from workflows import names


async def test_a_waiting_journey_is_found_by_its_search_attributes(world: World) -> None:
    shop = await world.shop()
    with world.environment.with_time_skipping_disabled():
        await shop.does("cart_update.add_to_cart")
    await shop.forward(20 * MINUTE)

    seen = await shop.handle.describe()

    attributes = seen.typed_search_attributes
    assert seen.id == f"journey:{shop.store.store_id}:{shop.customer.customer_id}"
    assert attributes[names.STORE_ID] == shop.store.store_id
    assert attributes[names.CUSTOMER_ID] == shop.customer.customer_id
    assert attributes[names.JOURNEY_KIND] == "cart_update"
    assert attributes[names.JOURNEY_STAGE] == "waiting"
    assert attributes[names.NEXT_MESSAGE_AT] == shop.now + HOUR
    assert attributes.get(names.JOURNEY_OUTCOME) is None
    assert attributes.get(names.JOURNEY_REASON) is None


async def test_a_closed_journey_shows_how_it_ended(world: World) -> None:
    shop = await world.shop()
    await shop.does("cart_update.add_to_cart")
    await shop.ends()

    seen = await shop.handle.describe()

    assert seen.status is WorkflowExecutionStatus.COMPLETED
    assert seen.typed_search_attributes[names.JOURNEY_STAGE] == "closed"
    assert seen.typed_search_attributes[names.JOURNEY_OUTCOME] == "messaged"
    assert seen.typed_search_attributes[names.JOURNEY_REASON] == "plan_done"
    assert seen.typed_search_attributes.get(names.NEXT_MESSAGE_AT) is None


async def test_timers_and_activities_say_what_they_are_for(world: World) -> None:
    shop = await world.shop(timezone="Asia/Kolkata")
    await shop.does("cart_update.add_to_cart")
    await shop.ends()

    history = await shop.handle.fetch_history()
    said = [
        event.user_metadata.summary.data.decode()
        for event in history.events
        if event.user_metadata.summary.data
    ]

    assert f'"cart_update in {shop.store.store_id}"' in said
    assert any(each.startswith('"message 1 of 2, due ') for each in said)
    due_and_what = r"due \d\d:\d\d Asia/Kolkata( on \d+ \w+)?: cart_reminder"
    assert any(re.search(due_and_what, each) for each in said), "with the day, if it is another"
    assert any(each.startswith('"unless they came back: message 2 of 2, due ') for each in said)


async def test_the_details_show_every_decision_so_far(world: World) -> None:
    shop = await world.shop()
    await shop.does("cart_update.add_to_cart")
    await shop.ends()

    metadata = await shop.handle.query("__temporal_workflow_metadata")

    details = metadata.current_details
    assert details.startswith("### Closed: messaged (plan_done)")
    assert "**exit_check_passed**" in details
    assert "**message_sent**" in details


async def test_no_personal_data_is_in_temporals_history(world: World) -> None:
    shop = await world.shop()
    await shop.does("cart_update.add_to_cart", name="Asha Rao", email="asha@example.com")
    await shop.ends()

    history = await shop.handle.fetch_history()
    stored = b"".join(event.SerializeToString() for event in history.events)

    assert shop.customer.customer_id.encode() in stored
    for personal in (shop.phone.lstrip("+"), "Asha", "asha@example.com", "access_token"):
        assert personal.encode() not in stored

"""Purging beside journeys that run: Temporal says which are open."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import update
from temporalio.client import Client

from domain.journey.identity import CustomerRef
from operations.purge import MIN_AGE, Purge, WrongNamespaceError
from storage import inbox
from storage.tables import stores
from temporal.client import PLAIN_CONVERTER
from temporal.gateway import JourneyGateway
from temporal.rpc import TemporalUnavailableError
from tests.workflows.world import MINUTE, Shop, World, order, real_now

MONTH = timedelta(days=30)


def purge_of(world: World) -> Purge:
    """A purge in two months."""
    gateway = JourneyGateway(world.client)
    return Purge(world.database, gateway, real_now() + 2 * MONTH)


async def keeps(shop: Shop, event_id: str = "e1") -> bool:
    async with shop.world.database.reading() as connection:
        return await inbox.body(connection, shop.store.store_id, event_id) is not None


async def test_only_events_of_closed_journeys_are_purged(real_world: World) -> None:
    closed, open_one = await real_world.shop(), await real_world.shop()
    for shop in (closed, open_one):
        await shop.does("cart_update.add_to_cart")
    await real_world.intake.exit(closed.store, closed.customer.customer_id)
    await real_world.intake.delivered()
    await closed.result()

    await closed.posts(order(closed, MINUTE) | {"event_data": {"order_id": "1001"}})

    purge = purge_of(real_world)
    await purge.run(MONTH)

    assert [await keeps(closed), await keeps(open_one)] == [False, True]
    assert purge.purged.orders >= 1
    assert purge.purged.events >= 2
    assert purge.purged.journeys >= 1


async def test_order_of_a_guest_stays_while_a_customer_with_the_number_has_an_open_journey(
    real_world: World,
) -> None:
    shop = await real_world.shop()
    await shop.does("cart_update.add_to_cart")
    guest = replace(shop, customer=CustomerRef(shop.store.store_id, f"guest-of-{shop.phone}"))
    await guest.posts(order(guest, MINUTE) | {"event_id": "theirs"})

    await purge_of(real_world).run(MONTH)
    assert await keeps(shop, "theirs")

    await real_world.intake.exit(shop.store, shop.customer.customer_id)
    await real_world.intake.delivered()
    await shop.result()
    await purge_of(real_world).run(MONTH)
    assert not await keeps(shop, "theirs")


async def test_events_stay_as_long_as_the_store_would_accept_them_again(real_world: World) -> None:
    shop = await real_world.shop(max_event_age="90d")
    await shop.does("cart_update.add_to_cart")
    await real_world.intake.exit(shop.store, shop.customer.customer_id)
    await real_world.intake.delivered()
    await shop.result()
    await purge_of(real_world).run(MONTH)
    assert await keeps(shop)


async def test_nothing_is_purged_while_temporal_is_unavailable(real_world: World) -> None:
    shop = await real_world.shop()
    await shop.does("cart_update.add_to_cart")
    unreachable = await Client.connect("127.0.0.1:1", lazy=True, data_converter=PLAIN_CONVERTER)
    purge = Purge(real_world.database, JourneyGateway(unreachable), real_now() + 2 * MONTH)
    with pytest.raises(TemporalUnavailableError):
        await purge.run(MONTH)
    assert await keeps(shop)


async def test_less_than_the_minimum_age_is_refused(real_world: World) -> None:
    with pytest.raises(ValueError, match="8 days"):
        await purge_of(real_world).run(MIN_AGE - timedelta(seconds=1))


async def test_a_store_that_cannot_be_read_does_not_keep_others_from_being_purged(
    real_world: World,
) -> None:
    broken, other = await real_world.shop(), await real_world.shop()
    for shop in (broken, other):
        await shop.does("cart_update.add_to_cart")
        await real_world.intake.exit(shop.store, shop.customer.customer_id)
        await real_world.intake.delivered()
        await shop.result()
    mine = stores.c.store_id == broken.store.store_id
    async with real_world.database.transaction() as connection:
        await connection.execute(update(stores).where(mine).values(config={"broken": True}))

    await purge_of(real_world).run(MONTH)

    assert [await keeps(broken), await keeps(other)] == [True, False]


async def test_nothing_is_purged_without_registered_search_attributes(real_world: World) -> None:
    shop = await real_world.shop()
    await shop.does("cart_update.add_to_cart")
    address = real_world.client.service_client.config.target_host
    for namespace in ("of-another-installation", "temporal-system"):
        elsewhere = await Client.connect(
            address, namespace=namespace, lazy=True, data_converter=PLAIN_CONVERTER
        )
        purge = Purge(real_world.database, JourneyGateway(elsewhere), real_now() + 2 * MONTH)
        with pytest.raises(WrongNamespaceError):
            await purge.run(MONTH)
    assert await keeps(shop)

"""The sample store: plausible, consistent, the same each time, and never in the way of another."""

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from cli.demo.sample.history import SampleHistory, journey_rows, sample_history
from cli.demo.sample.shop import DAYS, PAUSED_BECAUSE, STORE_ID, SampleShop
from cli.demo.sample_store import add_sample_store
from domain.experiments.assignment import is_held_out, variant_of
from domain.journey.outcomes import Reason
from operations.experiment_list import experiments_of
from operations.results import results_of
from storage import stores
from storage.database import Database
from storage.messages import MessageStatus
from storage.result_groups import By
from storage.schema import metadata
from storage.tables import inbox, messages
from tests.storage.builders import a_config

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def history() -> SampleHistory:
    return sample_history(SampleShop.at_time(NOW))


def few_days(**changes: Any) -> SampleHistory:
    shop = SampleShop.at_time(NOW, **changes)
    return sample_history(type(shop)(**{**shop.__dict__, "days": 3}))


def rows_of(history: SampleHistory) -> list[Any]:
    return [
        *journey_rows(history),
        *(history.messages, history.assignments, history.suppressions),
        *(history.orders.orders, history.orders.people, history.orders.changes),
        *(history.inbox, history.quarantine),
    ]


def unique(values: Iterable[Any]) -> bool:
    return max(Counter(values).values()) == 1


def test_the_same_seed_gives_the_same_rows_and_another_one_others() -> None:
    assert rows_of(few_days()) == rows_of(few_days())
    assert rows_of(few_days()) != rows_of(few_days(seed=12))


def test_each_step_has_one_message_and_its_journey(history: SampleHistory) -> None:
    triggers = {(row["customer_id"], row["trigger_event_id"]) for row in journey_rows(history)}

    assert unique((row["trigger_event_id"], row["step"]) for row in history.messages)
    assert unique(row["message_id"] for row in history.messages)
    assert unique(row["click_token"] for row in history.messages)
    assert triggers >= {(row["customer_id"], row["trigger_event_id"]) for row in history.messages}


def test_nothing_happened_later_than_now(history: SampleHistory) -> None:
    rows = [*journey_rows(history), *history.messages, *history.orders.orders, *history.inbox]
    rows += [*history.orders.changes, *history.suppressions.values()]
    times = [value for row in rows for value in row.values() if isinstance(value, datetime)]

    assert NOW - timedelta(days=DAYS) < min(times)
    assert NOW - timedelta(hours=2) < max(times) <= NOW


def test_messages_go_through_their_statuses_in_order(history: SampleHistory) -> None:
    names = ("claimed_at", "delivered_at", "read_at", "clicked_at")
    for row in history.messages:
        times = [row[name] for name in names if row.get(name) is not None]

        assert times == sorted(times)
        assert (row.get("read_at") is not None) == (row["status"] is MessageStatus.READ)
    assert {row["status"] for row in history.messages} == {
        *(MessageStatus.ACCEPTED, MessageStatus.SENT, MessageStatus.DELIVERED),
        *(MessageStatus.READ, MessageStatus.FAILED, MessageStatus.UNKNOWN),
        MessageStatus.WITHHELD,
    }


def test_people_are_in_the_arms_that_the_product_draws(history: SampleHistory) -> None:
    experiment, key = history.shop.experiment, history.shop.hash_key
    for person, row in history.assignments.items():
        draw = (experiment.design, key, experiment.experiment_id, person)
        assert (row["held_out"], row["variant"]) == (is_held_out(*draw), variant_of(*draw))

    held_out = {row["person"] for row in history.assignments.values() if row["held_out"]}
    for row in history.messages:
        in_experiment = row["kind"] == experiment.kind
        was_withheld = row["status"] is MessageStatus.WITHHELD
        assert was_withheld == (in_experiment and row["address_hash"] in held_out)


def test_each_order_has_its_people_and_a_click_has_its_message(history: SampleHistory) -> None:
    orders, people = history.orders.orders, history.orders.people
    tokens = {row["click_token"]: row for row in history.messages}

    assert unique(row["order_key"] for row in orders)
    for row in orders:
        assert any(
            (row["order_key"], row["customer_id"]) == (each["order_key"], each["customer_id"])
            for each in people
        )
        if row["click_token"]:
            assert tokens[row["click_token"]]["clicked_at"] < row["placed_at"]
    assert {row["currency"] for row in orders} == {"GBP", "EUR", None}
    assert {row["kind"] for row in history.orders.changes} == {"refunded", "cancelled"}


def test_journeys_end_in_the_ways_that_there_are(history: SampleHistory) -> None:
    reasons = {row["reason"] for row in journey_rows(history)}

    assert reasons == {
        *(Reason.PLAN_DONE, Reason.ORDER_PLACED, Reason.CONSECUTIVE_EVENT, Reason.CART_EMPTIED),
        *(Reason.SUPERSEDED, Reason.WITHHELD, Reason.OPTED_OUT, Reason.NO_ADDRESS),
        *(Reason.FREQUENCY_CAP, Reason.EXIT_API_UNAVAILABLE, Reason.UNREACHABLE),
    }


def test_numbers_are_of_the_range_that_is_kept_for_drama(history: SampleHistory) -> None:
    phones = {row["body"]["customer"].get("phone") for row in history.inbox} - {None}

    assert phones
    assert all(phone.startswith("+442079460") and len(phone) == 13 for phone in phones)


async def test_results_and_experiment_are_plausible(
    database: Database, history: SampleHistory
) -> None:
    await add_sample_store(database, history)
    async with database.reading() as connection:
        store = await stores.existing(connection, STORE_ID)
    start = NOW - timedelta(days=DAYS)

    cart, product = (await results_of(database, store, By.PLAN, start, NOW)).rows
    [experiment] = (await experiments_of(database, store, NOW)).experiments

    assert cart.journeys > cart.messaged > cart.delivered > cart.read > cart.clicked > 0
    assert cart.orders.within_window > cart.orders.clicked > 0
    assert set(cart.revenue.within_window) == {"GBP", "EUR"}
    assert product.orders.within_window > 0
    holdout, a, b = experiment.arms
    assert experiment.split.as_it_should_be
    assert holdout.orders_per_100 is not None
    assert a.orders_per_100 is not None
    assert b.orders_per_100 is not None
    assert holdout.orders_per_100 < (a.orders_per_100 + b.orders_per_100) / 2
    assert experiment.over_time


async def test_it_is_added_once_beside_other_stores_and_nothing_is_to_be_sent(
    database: Database,
) -> None:
    async with database.transaction() as connection:
        await stores.put(connection, "other", a_config(), NOW)
    history = few_days()

    assert await add_sample_store(database, history)
    counts = await counted(database)
    assert not await add_sample_store(database, history)
    assert await counted(database) == counts

    async with database.reading() as connection:
        store = await stores.existing(connection, STORE_ID)
        other = await stores.existing(connection, "other")
        of_others = select(messages.c.message_id).where(messages.c.store_id != STORE_ID)
        undelivered = select(inbox.c.id).where(inbox.c.dispatched_at.is_(None))
        assert (await connection.execute(of_others)).all() == []
        assert (await connection.execute(undelivered)).all() == []
    assert (store.paused_because, store.hash_key) == (PAUSED_BECAUSE, history.shop.hash_key)
    assert not other.paused


async def counted(database: Database) -> dict[str, int]:
    async with database.reading() as connection:
        return {
            table.name: (
                await connection.execute(select(func.count()).select_from(table))
            ).scalar_one()
            for table in metadata.sorted_tables
        }

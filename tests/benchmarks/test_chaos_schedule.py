from collections import Counter

import pytest

from benchmarks.chaos.customers import SCRIPTS, Script, StoreId, draw_customers
from benchmarks.chaos.schedule import (
    MAX_FROZEN,
    PROCESSES,
    Action,
    Extent,
    Target,
    What,
    draw_schedule,
)
from sandbox.graph import GraphFailure, GraphFault
from sandbox.partner_faults import PartnerFailure, PartnerFault

EXTENT = Extent(seed=3, seconds=120, kills=30, database_is_a_process=True)


def of(what: What, extent: Extent = EXTENT) -> list[Action]:
    return [action for action in draw_schedule(extent) if action.what is what]


def test_the_same_seed_gives_the_same_schedule_and_customers() -> None:
    assert draw_schedule(EXTENT) == draw_schedule(EXTENT)
    assert list(draw_customers(3, 50, 120)) == list(draw_customers(3, 50, 120))


def test_another_seed_gives_others() -> None:
    other = Extent(4, EXTENT.seconds, EXTENT.kills, database_is_a_process=True)

    assert draw_schedule(EXTENT) != draw_schedule(other)
    assert list(draw_customers(3, 50, 120)) != list(draw_customers(4, 50, 120))


def test_every_process_is_killed_about_as_often_as_any_other() -> None:
    killed = Counter(action.target for action in of(What.KILL))

    assert sum(killed.values()) == EXTENT.kills
    assert set(killed) == {*PROCESSES, Target.DATABASE}
    assert max(killed.values()) - min(killed.values()) <= 1


def test_a_sqlite_file_is_not_killed() -> None:
    sqlite = Extent(3, 120, 30, database_is_a_process=False)

    assert {action.target for action in of(What.KILL, sqlite)} == set(PROCESSES)


def test_freezes_do_not_overlap_and_end_soon() -> None:
    freezes = of(What.FREEZE)

    assert all(action.seconds <= MAX_FROZEN for action in freezes)
    ends = [action.at + action.seconds for action in freezes]
    assert all(end <= later.at for end, later in zip(ends, freezes[1:], strict=False))


def test_every_way_to_fail_that_is_drawn_is_known_to_the_stand_ins() -> None:
    for action in of(What.FAIL):
        if action.target is Target.PARTNER:
            PartnerFault(fault=PartnerFailure(action.failure), seconds=action.seconds)
        else:
            GraphFault(fault=GraphFailure(action.failure), code=action.code)


@pytest.mark.parametrize("seed", range(5))
def test_all_is_over_in_time(seed: int) -> None:
    extent = Extent(seed, 60, 20, database_is_a_process=True)

    assert all(0 <= action.at + action.seconds <= 64 for action in draw_schedule(extent))


def test_every_store_has_customers_of_every_script() -> None:
    customers = list(draw_customers(1, len(Script) * len(StoreId), 60))

    pairs = {(customer.store_id, customer.script) for customer in customers}
    assert len(pairs) == len(customers)
    assert set(SCRIPTS) == set(Script)


def test_carts_are_listed_by_when_they_happened_and_not_by_when_they_were_posted() -> None:
    customers = draw_customers(1, len(Script) * len(StoreId), 60)
    customer = next(each for each in customers if each.script is Script.OUT_OF_ORDER)

    assert customer.carts == [customer.event_id(1), customer.event_id(0)]

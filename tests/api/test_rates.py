"""Each store's rate, and how many requests are in flight."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import httpx
import pytest
from fastapi import HTTPException

from api.admission import OPERATOR, AdmissionLimits, Places
from api.refusal_delays import RefusalDelays, RefusalPace
from api.store_limits import StoreLimits
from storage import stores
from storage.stores import Store
from tests.api.caller import Caller, Shop, connecting_to, running_api, settings_for
from tests.databases import both_databases

AT_ONCE = AdmissionLimits(too_many=RefusalPace(timedelta(0), timedelta(0)))


async def posts(shop: Shop, count: int) -> list[httpx.Response]:
    return [await shop.post({}) for _ in range(count)]


@pytest.fixture
async def quick_caller(own_database_url: str, address: str) -> AsyncIterator[Caller]:
    """An API that refuses without a delay."""
    settings = settings_for(own_database_url)
    async with running_api(settings, connecting_to(address), limits=AT_ONCE) as caller:
        yield caller


@both_databases
async def test_a_store_over_its_rate_gets_429_and_nothing_is_kept(quick_caller: Caller) -> None:
    shop, other = await quick_caller.new_store(rate=1), await quick_caller.new_store(rate=1)
    answers = await posts(shop, 20)
    refused = [answer for answer in answers if answer.status_code == 429]
    assert [answer.status_code for answer in answers[:2]] == [422, 422]
    assert refused
    assert {answer.headers["retry-after"] for answer in refused} == {"1"}
    assert len(await shop.quarantined()) == len(answers) - len(refused)
    assert (await other.post()).status_code == 202


async def test_a_store_over_its_rate_is_read_and_operated_as_before(quick_caller: Caller) -> None:
    shop = await quick_caller.new_store(rate=1)
    answers = await posts(shop, 20)
    assert answers[-1].status_code == 429
    assert (await shop.get("messages")).status_code == 200
    assert (await shop.operator("GET")).json()["rate"] == 1


async def test_a_key_that_ended_is_never_accepted_though_refusals_remember_it(
    quick_caller: Caller,
) -> None:
    shop = await quick_caller.new_store(rate=1000)
    assert (await shop.post()).status_code == 202
    await shop.operator("DELETE", f"/keys/{shop.made['key_id']}")
    assert (await shop.post()).status_code == 401


async def test_wrong_keys_take_nothing_of_a_stores_rate(quick_caller: Caller) -> None:
    shop = await quick_caller.new_store(rate=1)
    assert {(await shop.post(key="ck_a_b")).status_code for _ in range(5)} == {401}
    assert (await shop.post()).status_code == 202


@pytest.mark.parametrize("rate", [0, -1, 10_001, "fast", 1.5])
async def test_a_rate_is_a_whole_number_of_events_a_second(caller: Caller, rate: object) -> None:
    shop = await caller.new_store()
    answer = await shop.operator("PUT", json={**shop.config, "rate": rate})
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"] == ["body", "rate"]


class SteppedClock:
    """A monotonic clock that a test moves."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


async def _store(shop: Shop) -> Store:
    async with shop.database.reading() as connection:
        return await stores.existing(connection, shop.store_id)


def accepted(limits: StoreLimits, store: Store, tries: int) -> int:
    return sum(not is_refused(limits, store) for _ in range(tries))


def is_refused(limits: StoreLimits, store: Store) -> bool:
    try:
        limits.take_event(store, "key")
    except HTTPException:
        return True
    return False


async def test_processes_share_a_stores_rate(caller: Caller) -> None:
    store = await _store(await caller.new_store(rate=40))
    assert accepted(StoreLimits(1, SteppedClock()), store, 500) == 80
    assert accepted(StoreLimits(4, SteppedClock()), store, 500) == 20


async def test_retry_after_says_when_the_next_event_is_accepted(caller: Caller) -> None:
    store, clock = await _store(await caller.new_store(rate=1)), SteppedClock()
    limits = StoreLimits(10, clock)
    limits.take_event(store, "key")
    with pytest.raises(HTTPException) as refused:
        limits.take_event(store, "key")
    assert refused.value.headers == {"Retry-After": "10"}
    clock.seconds = 10
    assert not is_refused(limits, store)


async def test_a_known_key_is_refused_without_the_database_while_its_store_is_over_its_rate(
    caller: Caller,
) -> None:
    store, clock = await _store(await caller.new_store(rate=1)), SteppedClock()
    limits = StoreLimits(100, clock)
    limits.take_event(store, "key")
    with pytest.raises(HTTPException):
        limits.refuse_known_key(store.store_id, "key")
    limits.refuse_known_key(store.store_id, "another")
    limits.refuse_known_key("another", "key")
    clock.seconds = 6  # longer than a key is remembered
    limits.refuse_known_key(store.store_id, "key")


def test_places_are_limited_in_all_and_for_each_name_but_the_operators() -> None:
    places = Places(total=4, each=2)
    assert [places.take("a") for _ in range(3)] == [True, True, False]
    assert [places.take(OPERATOR) for _ in range(3)] == [True, True, False]
    places.give_back("a")
    assert places.take("b")
    assert not places.take("a")


async def test_requests_of_one_peer_that_prove_nothing_are_limited_apart_from_stores(
    own_database_url: str, address: str
) -> None:
    limits = replace(AT_ONCE, unauthenticated=0)
    settings = settings_for(own_database_url)
    async with running_api(settings, connecting_to(address), limits=limits) as caller:
        answer = await caller.http.post("/v1/stores/s/events")
        live = await caller.http.get("/health/live")
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "1")
    assert live.status_code == 200


def test_refusals_beyond_some_at_once_are_spread_for_each_name() -> None:
    second = timedelta(seconds=1)
    delays = RefusalDelays(RefusalPace(second, second, at_once=2), now := SteppedClock())
    assert [delays.seconds("a") for _ in range(4)] == [1, 1, 2, 3]
    assert delays.seconds("b") == 1
    now.seconds = 2
    assert [delays.seconds("a") for _ in range(2)] == [2, 3]
    now.seconds = 60
    assert delays.seconds("a") == 1


async def test_refusals_beyond_those_that_may_wait_are_answered_at_once() -> None:
    delays = RefusalDelays(RefusalPace(timedelta(days=1), timedelta(0), waiting=0))
    await delays.wait("a")

"""What is remembered of a store's Exit API."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from domain.stores.config import ExitApi
from storage import exit_api_state
from storage.database import Database
from storage.exit_api_state import ExitApiState
from tests.storage.builders import NOW, OTHER_STORE, STORE, later

HOUR = timedelta(hours=1).total_seconds()
WRONG_PATH = "answered HTTP 404: taken for a wrong path"


def api(**changes: Any) -> ExitApi:
    return ExitApi.model_validate({"url": "https://partner.example/events", **changes})


API = api()


async def read(database: Database, api: ExitApi = API, store_id: str = STORE) -> ExitApiState:
    async with database.reading() as connection:
        return await exit_api_state.read(connection, store_id, api)


async def answers(database: Database, at: datetime = NOW, api: ExitApi = API) -> None:
    async with database.transaction() as connection:
        await exit_api_state.record_answer(connection, STORE, api, at)


async def fails(
    database: Database, at: datetime = NOW, because: str = WRONG_PATH, api: ExitApi = API
) -> None:
    async with database.transaction() as connection:
        await exit_api_state.record_failure(connection, STORE, api, because, at)


async def test_nothing_is_known_of_an_api_that_was_never_asked(registered: Database) -> None:
    assert await read(registered) == ExitApiState()
    assert not (await read(registered)).has_answered


async def test_an_answer_is_remembered_for_its_store(registered: Database) -> None:
    await answers(registered)
    assert await read(registered) == ExitApiState(answered_at=NOW)
    assert not (await read(registered, store_id=OTHER_STORE)).has_answered


@pytest.mark.parametrize("change", [{"url": "https://partner.example/event"}, {"style": "body"}])
async def test_another_url_or_style_has_not_answered(
    registered: Database, change: dict[str, str]
) -> None:
    await answers(registered)
    await fails(registered, later())
    assert await read(registered, api(**change)) == ExitApiState()

    await fails(registered, later(2), api=api(**change))
    assert (await read(registered, api(**change))).answered_at is None
    assert await read(registered) == ExitApiState()


async def test_other_headers_or_timeouts_make_no_other_api(registered: Database) -> None:
    await answers(registered)
    changed = api(headers={"X-Key": "new"}, timeout="1s", event_count=7, on_failure="send")
    assert (await read(registered, changed)).has_answered


async def test_a_failure_says_since_when_and_why_until_an_answer_ends_it(
    registered: Database,
) -> None:
    await answers(registered)
    await fails(registered, later(10))
    await fails(registered, later(90), "no answer: TimeoutError")
    assert await read(registered) == ExitApiState(
        NOW, later(10), later(90), "no answer: TimeoutError"
    )

    await answers(registered, later(100))
    assert await read(registered) == ExitApiState(answered_at=later(100))


async def test_failures_are_written_once_a_minute(registered: Database) -> None:
    await fails(registered)
    assert not (await read(registered)).lacks_failure(later(59))
    await fails(registered, later(59), "no answer: TimeoutError")
    assert await read(registered) == ExitApiState(None, NOW, NOW, WRONG_PATH)
    assert (await read(registered)).lacks_failure(later(60))


async def test_answers_are_written_once_an_hour(registered: Database) -> None:
    assert (await read(registered)).lacks_answer(NOW)
    await answers(registered)
    assert not (await read(registered)).lacks_answer(later(HOUR - 1))
    await answers(registered, later(HOUR - 1))
    assert await read(registered) == ExitApiState(answered_at=NOW)
    await answers(registered, later(HOUR))
    assert await read(registered) == ExitApiState(answered_at=later(HOUR))


async def test_an_answer_after_a_failure_is_always_worth_writing(registered: Database) -> None:
    await answers(registered)
    await fails(registered, later(1))
    assert (await read(registered)).lacks_answer(later(2))


async def test_a_long_reason_is_cut(registered: Database) -> None:
    await fails(registered, because="x" * 300)
    assert (await read(registered)).because == "x" * 256

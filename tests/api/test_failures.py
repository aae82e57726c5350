"""Answers to overload, an unavailable database and unexpected failures: without internals."""

import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest
from sqlalchemy import NullPool, create_engine, make_url, text

from api.admission import AdmissionLimits
from api.app import create_app
from storage.database import sync_url
from storage.migrate import upgrade
from tests.api.caller import ADMIN, Caller, bearer, connecting_to, running_api, settings_for
from tests.databases import fresh_postgresql


@pytest.fixture
def lost_database_url() -> Iterator[str]:
    with fresh_postgresql() as url:
        upgrade(url)
        yield url


def close(url: str) -> None:
    """Refuse new connections to a database, and end those that there are."""
    name = make_url(url).database
    server = create_engine(
        sync_url(url).set(database="postgres"), poolclass=NullPool, isolation_level="AUTOCOMMIT"
    )
    with server.connect() as connection:
        connection.execute(text(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false"))
        connection.execute(
            text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name"),
            {"name": name},
        )


async def test_lost_database_is_a_503_without_internals(
    lost_database_url: str, address: str, capsys: pytest.CaptureFixture[str]
) -> None:
    async with running_api(settings_for(lost_database_url), connecting_to(address)) as caller:
        shop = await caller.new_store()
        close(lost_database_url)
        answers = [
            await shop.post(),
            await shop.operator("GET"),
            await shop.operator("PUT", json=shop.config),
            await shop.get(f"journeys/{shop.customer_id}"),
            await shop.get("messages"),
        ]
        ready = await caller.http.get("/health/ready")
        metrics = await caller.http.get("/metrics")
    assert [answer.status_code for answer in answers] == [503] * 5
    assert {answer.text for answer in answers} == {'{"detail":"temporarily unavailable"}'}
    assert all(answer.headers["retry-after"] for answer in answers)
    assert (ready.status_code, ready.json()["database"]) == (503, "not reachable")
    assert "comeback_database_up 0.0" in metrics.text
    assert "comeback_inbox_backlog" not in metrics.text
    assert "9876543210" not in capsys.readouterr().out


async def test_unexpected_failure_is_a_500_without_internals(
    own_caller: Caller, capsys: pytest.CaptureFixture[str]
) -> None:
    shop = await own_caller.new_store()
    async with own_caller.database.transaction() as connection:
        await connection.execute(text('UPDATE stores SET config = \'{"name": "a-secret"}\''))
    answer = await shop.operator("GET")
    assert (answer.status_code, answer.json()) == (500, {"detail": "internal error"})
    logged = capsys.readouterr().out
    assert "ValidationError" in logged
    assert "stores.py" in logged
    assert "a-secret" not in logged


async def test_too_many_requests_at_once_get_429(own_database_url: str, address: str) -> None:
    arrived, proceed = asyncio.Event(), asyncio.Event()

    async def slowly() -> AsyncIterator[bytes]:
        yield b" "
        arrived.set()
        await proceed.wait()

    settings = settings_for(own_database_url)
    async with running_api(
        settings, connecting_to(address), limits=AdmissionLimits(authenticated=1)
    ) as caller:
        shop = await caller.new_store()
        url = f"{shop.path}/events"
        slow = asyncio.create_task(
            caller.http.post(url, headers=bearer(shop.key), content=slowly())
        )
        await arrived.wait()
        refused = await shop.post()
        live = await caller.http.get("/health/live")
        proceed.set()
        assert (await slow).status_code == 422
        assert (await shop.post()).status_code == 202
    assert refused.status_code == 429
    assert refused.headers["retry-after"]
    assert live.status_code == 200


async def test_body_that_breaks_off_gets_400(own_database_url: str, address: str) -> None:
    app = create_app(settings_for(own_database_url), connect=connecting_to(address))
    sent: list[dict[str, object]] = []

    async def receive() -> dict[str, object]:
        return {"type": "http.disconnect"}

    async def send(message: dict[str, object]) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": "PUT",
        "path": "/v1/stores/x",
        "headers": [(b"authorization", f"Bearer {ADMIN}".encode())],
        "query_string": b"",
    }
    async with app.router.lifespan_context(app):
        await app(scope, receive, send)  # type: ignore[arg-type]  # plain dicts are messages
    assert sent[0]["status"] == 400


async def test_unknown_path_gets_404_and_unknown_method_405(caller: Caller) -> None:
    assert (await caller.http.get("/v1/nothing")).status_code == 404
    assert (await caller.http.get("/v1/stores/x/events")).status_code == 405

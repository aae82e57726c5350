"""Every route of the API, and which kinds of caller it answers.

A new route has a row here: the test fails without. Any caller that a row does not allow must be
refused.
"""

from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from starlette.routing import Mount

from api.app import create_app
from tests.api.caller import ADMIN, Caller, connecting_to, running_api, settings_for, unused_address
from tests.api.codec_caller import FOR_NAMESPACE, KEYS, body_of, plain
from tests.api.kinds_of_caller import Kind, Scene, build_scene
from tests.api.meta_caller import META_SETTINGS
from tests.whatsapp.webhook_samples import change, notification, status

ANYONE = frozenset(Kind)
OPERATOR = frozenset({Kind.OPERATOR})
STORE = OPERATOR | {Kind.OWN_KEY}
SENDER = frozenset({Kind.OWN_KEY, Kind.OWN_SIGNATURE})
META = frozenset({Kind.META})
BROWSER = OPERATOR | {Kind.COOKIE}
OPERATOR_AT_PAGES = frozenset({Kind.COOKIE})
STORE_AT_PAGES = OPERATOR_AT_PAGES | {Kind.STORE_COOKIE}
SIGNED_IN = STORE_AT_PAGES | {Kind.OTHER_STORE_COOKIE}


def nothing(_: Scene) -> dict[str, Any]:
    return {}


def event(scene: Scene) -> dict[str, Any]:
    return {"json": scene.shop.event()}


def config(scene: Scene) -> dict[str, Any]:
    return {"json": scene.shop.config}


def update(_: Scene) -> dict[str, Any]:
    return {"json": notification(change(statuses=[status("read", "wamid.unknown")]))}


def payloads(_: Scene) -> dict[str, Any]:
    return {"json": body_of(plain("signal")), "headers": FOR_NAMESPACE}


def sign_in_form(_: Scene) -> dict[str, Any]:
    """The token is in the form; what else the caller sends does not matter."""
    return {"data": {"token": ADMIN}}


def confirmed(_: Scene) -> dict[str, Any]:
    return {"data": {"confirmed": "yes"}}


def some_figure(_: Scene) -> dict[str, Any]:
    return {"params": {"figure": "delivered"}}


def an_experiment(_: Scene) -> dict[str, Any]:
    return {"data": {"plan": "cart_update", "holdout": "0.1"}}


@dataclass(frozen=True)
class Row:
    """A route, whom it answers with `answer`, and how it refuses all others."""

    route: str
    allowed: frozenset[Kind]
    answer: int = 200
    sends: Callable[[Scene], dict[str, Any]] = nothing
    refusal: int = 401
    forbids: int | None = None
    """How it refuses who is signed in at the pages; None: as all others."""

    def expected(self, kind: Kind) -> int:
        if kind in self.allowed:
            return self.answer
        return self.forbids or self.refusal if kind in SIGNED_IN else self.refusal


def page(
    route: str,
    allowed: frozenset[Kind],
    answer: int = 200,
    sends: Callable[[Scene], dict[str, Any]] = nothing,
) -> Row:
    """A page leads to the sign-in; a form does not. Who is signed in is told that it may not."""
    return Row(route, allowed, answer, sends, 303 if route.startswith("GET") else 401, 403)


TABLE = (
    Row("POST /v1/stores/{store_id}/events", SENDER, 202, event),
    Row("GET /v1/stores", OPERATOR),
    Row("PUT /v1/stores/{store_id}", OPERATOR, sends=config),
    Row("GET /v1/stores/{store_id}", OPERATOR),
    Row("POST /v1/stores/{store_id}/keys", OPERATOR, 201),
    Row("DELETE /v1/stores/{store_id}/keys/{key_id}", OPERATOR, 204),
    Row("POST /v1/stores/{store_id}/signing-secrets", OPERATOR, 201),
    Row("DELETE /v1/stores/{store_id}/signing-secrets/{signing_secret_id}", OPERATOR, 204),
    Row("POST /v1/stores/{store_id}/pause", OPERATOR),
    Row("POST /v1/stores/{store_id}/resume", OPERATOR),
    Row("PUT /v1/stores/{store_id}/suppressions/{address}", OPERATOR, 204),
    Row("DELETE /v1/stores/{store_id}/suppressions/{address}", OPERATOR, 204),
    # Temporal is not available: a journey cannot be read, and an exit waits.
    Row("GET /v1/stores/{store_id}/journeys/{customer_id:path}", STORE, 503),
    Row("POST /v1/stores/{store_id}/journeys/{customer_id:path}/exit", STORE, 202),
    Row("GET /v1/stores/{store_id}/messages", STORE),
    Row("GET /v1/stores/{store_id}/stats", STORE),
    Row("GET /v1/stores/{store_id}/results", STORE),
    Row("GET /v1/stores/{store_id}/experiments", STORE),
    # Nothing of the customer is stored.
    Row("GET /v1/stores/{store_id}/customers/{customer_id:path}", OPERATOR, 404),
    Row("DELETE /v1/stores/{store_id}/customers/{customer_id:path}", OPERATOR),
    Row("GET /v1/stores/{store_id}/quarantine", OPERATOR),
    Row("GET /v1/quarantine", OPERATOR),
    Row("GET /v1/quarantine/{row_id}", OPERATOR),
    # The quarantined body is still wrong.
    Row("POST /v1/quarantine/{row_id}/retry", OPERATOR, 422),
    Row("DELETE /v1/quarantine/{row_id}", OPERATOR, 204),
    Row("GET /webhooks/whatsapp", META, refusal=403),
    Row("POST /webhooks/whatsapp", META, sends=update),
    Row("POST /codec/decode", BROWSER, sends=payloads),
    Row("POST /codec/encode", BROWSER, sends=payloads),
    Row("GET /ui/sign-in", ANYONE),
    Row("POST /ui/sign-in", ANYONE, 303, sign_in_form),
    Row("POST /ui/sign-out", ANYONE, 303),
    # A store is led to its own page, and all others to the sign-in.
    Row("GET /ui", OPERATOR_AT_PAGES, refusal=303),
    page("GET /ui/stores/{store_id}", STORE_AT_PAGES),
    page("POST /ui/stores/{store_id}/pause", OPERATOR_AT_PAGES, 303),
    page("POST /ui/stores/{store_id}/resume", OPERATOR_AT_PAGES, 303),
    page("GET /ui/stores/{store_id}/people", STORE_AT_PAGES, sends=some_figure),
    page("GET /ui/stores/{store_id}/experiments", STORE_AT_PAGES),
    page("POST /ui/stores/{store_id}/experiments/start", OPERATOR_AT_PAGES, 303, an_experiment),
    page("POST /ui/stores/{store_id}/experiments/end", OPERATOR_AT_PAGES, 303, an_experiment),
    page("GET /ui/stores/{store_id}/customers", STORE_AT_PAGES),
    page("POST /ui/stores/{store_id}/customers", STORE_AT_PAGES),
    # Nothing of the customer is stored.
    page("GET /ui/stores/{store_id}/customers/{reference}", STORE_AT_PAGES, 404),
    page("POST /ui/stores/{store_id}/customers/{reference}/exit", STORE_AT_PAGES, 303),
    page("GET /ui/stores/{store_id}/customers/{reference}/export", OPERATOR_AT_PAGES, 404),
    page(
        "POST /ui/stores/{store_id}/customers/{reference}/erase",
        OPERATOR_AT_PAGES,
        sends=confirmed,
    ),
    page("GET /ui/quarantine", OPERATOR_AT_PAGES),
    page("GET /ui/quarantine/{row_id}", OPERATOR_AT_PAGES),
    # The quarantined body is still wrong.
    page("POST /ui/quarantine/{row_id}/retry", OPERATOR_AT_PAGES, 422),
    page("POST /ui/quarantine/{row_id}/discard", OPERATOR_AT_PAGES, 303),
    Row("GET /health/live", ANYONE),
    # Temporal is not available.
    Row("GET /health/ready", ANYONE, 503),
    Row("GET /metrics", ANYONE),
    Row("GET /docs", ANYONE),
    Row("HEAD /docs", ANYONE),
    Row("GET /openapi.json", ANYONE),
    Row("HEAD /openapi.json", ANYONE),
    Row("GET /static/{path}", ANYONE),
    Row("HEAD /static/{path}", ANYONE),
)


def routes_of(app: FastAPI) -> Iterator[str]:
    """Every route, those of routers and of static files too, as a row names it."""
    for route in iter_route_contexts(app.routes):
        if isinstance(route.original_route, Mount):
            yield from (f"{method} {route.path}/{{path}}" for method in ("GET", "HEAD"))
        else:
            yield from (f"{method} {route.path}" for method in route.methods or ())


@pytest.fixture(scope="module")
async def caller(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Caller]:
    """An API that Meta and Temporal's Web UI may call, too."""
    url = f"sqlite:///{tmp_path_factory.mktemp('routes') / 'comeback.db'}"
    settings = settings_for(url, payload_keys=KEYS, **META_SETTINGS)
    with unused_address() as address:
        async with running_api(settings, connecting_to(address)) as caller:
            yield caller


def test_the_table_has_every_route_of_the_api_and_no_other() -> None:
    assert sorted(row.route for row in TABLE) == sorted(routes_of(create_app(settings_for(""))))


@pytest.mark.parametrize("row", TABLE, ids=[row.route for row in TABLE])
async def test_route_answers_whom_it_is_for_and_refuses_all_others(
    caller: Caller, row: Row
) -> None:
    scene = await build_scene(caller)
    method, _, template = row.route.partition(" ")
    path = template.replace(":path", "").format_map(scene.ids)
    sent = row.sends(scene)
    answered = {}
    for kind in Kind:
        answer = await scene.send(kind, caller.http.build_request(method, path, **sent))
        answered[kind] = answer.status_code
        caller.http.cookies.clear()
    assert answered == {kind: row.expected(kind) for kind in Kind}

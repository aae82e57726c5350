"""Registering stores, their keys, pause and resume."""

from typing import Any

import httpx
import pytest

from domain.stores.config import ExitApi
from sandbox.channel import SECRET
from storage import exit_api_state, holds
from storage.holds import Hold
from tests.api.caller import (
    ADMIN,
    BASE_URL,
    Caller,
    Shop,
    bearer,
    connecting_to,
    now,
    running_api,
    settings_for,
)
from tests.databases import both_databases
from tests.domain.stores.contract_example import contract_example

STEP = {"after": "1h", "template": "t", "language": "en"}


@both_databases
async def test_secrets_are_shown_only_when_the_store_is_created(caller: Caller) -> None:
    path = "/v1/stores/denim"
    created = await caller.operator("PUT", path, json=contract_example())
    replaced = await caller.operator("PUT", path, json=contract_example() | {"name": "Denim & Co"})
    assert (created.status_code, replaced.status_code) == (201, 200)
    events_url = f"{BASE_URL}/v1/stores/denim/events"
    secrets = created.json()
    assert set(secrets) == {
        *["store_id", "events_url", "warnings"],
        *["key_id", "api_key", "signing_secret_id", "signing_secret"],
    }
    assert secrets["signing_secret"].startswith("whsec_")
    assert replaced.json() == {
        "store_id": "denim",
        "events_url": events_url,
        "warnings": secrets["warnings"],
    }


@both_databases
async def test_configuration_is_returned_without_secrets(caller: Caller) -> None:
    config = contract_example()
    config["whatsapp"]["access_token"] = "meta-secret"
    config["exit_api"]["headers"] = {"X-Partner-Key": "partner-secret"}
    config["channels"] = {"sms": {"url": "https://brand.example/sms", "secret": SECRET}}
    shop = await caller.new_store(**config)
    answer = await shop.operator("GET")
    shown = answer.json()
    assert shown["channels"]["sms"]["secret"] == "**********"
    assert answer.status_code == 200
    assert shown["whatsapp"]["access_token"] == "**********"
    assert shown["exit_api"]["headers"] == {"X-Partner-Key": "**********"}
    assert (shown["buffer"], shown["quiet_hours"]["start"]) == ("15m", "21:00:00")
    assert (shown["store_id"], shown["paused"], shown["paused_because"]) == (
        shop.store_id,
        False,
        None,
    )
    assert shown["keys"] == [shop.made["key_id"]]
    assert shown["events_url"] == f"{BASE_URL}{shop.path}/events"
    for secret in ("meta-secret", "partner-secret", SECRET, shop.key, shop.signing_secret, "hash"):
        assert secret not in answer.text


async def test_masked_secrets_cannot_be_put(shop: Shop) -> None:
    shown = (await shop.operator("GET")).json()
    config = {name: shown[name] for name in shop.config}
    answer = await shop.operator("PUT", json=config)
    assert answer.status_code == 422
    assert ["body", "whatsapp", "access_token"] in [each["loc"] for each in answer.json()["detail"]]


@pytest.mark.parametrize(
    ("changes", "loc"),
    [
        ({"colour": "blue"}, ["body", "colour"]),
        ({"timezone": "Mars/Base"}, ["body", "timezone"]),
        ({"buffer": 900}, ["body", "buffer"]),
        ({"name": "Denim\x00Co"}, ["body"]),
        ({"plans": {"order_placed": [STEP]}}, ["body", "plans"]),
        (
            {"plans": {"cart_update": [STEP | {"body": ["x", "{{ nick }}"]}]}},
            ["body", "plans", "cart_update", 0, "body", 1],
        ),
        ({"plans": {"x": [STEP | {"after": "soon"}]}}, ["body", "plans", "x", 0, "after"]),
        ({"exit_api": {"url": "https://user:secret@b.example/"}}, ["body", "exit_api", "url"]),
        ({"exit_api": {"url": "https://a..b/"}}, ["body", "exit_api", "url"]),
        ({"exit_api": {"url": "https://" + "a" * 64}}, ["body", "exit_api", "url"]),
        (
            {"exit_api": {"url": "https://b.example", "headers": {"X-Key": "a\nb"}}},
            ["body", "exit_api", "headers", "X-Key"],
        ),
        (
            {"channels": {"sms": {"url": "https://b.example:0/", "secret": SECRET}}},
            ["body", "channels", "sms", "url"],
        ),
    ],
)
async def test_wrong_configuration_is_refused_by_field(
    shop: Shop, changes: dict[str, Any], loc: list[str]
) -> None:
    answer = await shop.operator("PUT", json=shop.config | changes)
    assert answer.status_code == 422
    assert [each["loc"] for each in answer.json()["detail"]] == [loc]
    assert "secret" not in answer.text


@pytest.mark.parametrize("raw", [b"", b"{", b"[]", b'{"name": "\\ud800"}', b"\xff"])
async def test_configuration_that_is_not_an_object_is_refused(shop: Shop, raw: bytes) -> None:
    assert (await shop.operator("PUT", content=raw)).status_code == 422


async def test_configuration_over_1_mib_is_refused(shop: Shop) -> None:
    assert (await shop.operator("PUT", content=b" " * (1024**2 + 1))).status_code == 413


@pytest.mark.parametrize(
    "url",
    ["http://partner.example/", "https://127.0.0.1/", "https://localhost/", "https://10.0.0.1/"],
)
async def test_private_addresses_need_the_setting(
    own_database_url: str, address: str, url: str
) -> None:
    settings = settings_for(own_database_url, allow_private_egress=False)
    both = {"exit_api": {"url": url}, "channels": {"sms": {"url": url, "secret": SECRET}}}
    async with running_api(settings, connecting_to(address)) as caller:
        shop = await caller.new_store()
        answer = await shop.operator("PUT", json=shop.config | both)
    assert answer.status_code == 422
    assert [each["loc"] for each in answer.json()["detail"]] == [
        ["body", "channels", "sms", "url"],
        ["body", "exit_api", "url"],
    ]


@pytest.mark.parametrize("store_id", ["Denim", "-denim", "d" * 65, "de%00nim", "de nim"])
async def test_invalid_store_id_is_refused(caller: Caller, store_id: str) -> None:
    answer = await caller.operator("PUT", f"/v1/stores/{store_id}", json=contract_example())
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"] == ["path", "store_id"]


ROUTES = [
    ("PUT", ""),
    ("GET", ""),
    ("POST", "/keys"),
    ("DELETE", "/keys/x"),
    ("POST", "/signing-secrets"),
    ("DELETE", "/signing-secrets/x"),
    ("POST", "/pause"),
    ("POST", "/resume"),
    ("PUT", "/suppressions/+919876543210"),
    ("DELETE", "/suppressions/+919876543210"),
    ("GET", "/quarantine"),
]


@pytest.mark.parametrize(("method", "path"), ROUTES)
async def test_operators_routes_require_the_operators_token(
    shop: Shop, method: str, path: str
) -> None:
    for headers in ({}, bearer(shop.key), bearer(ADMIN + "x"), bearer("\u00e4")):
        encoded = httpx.Headers(headers, encoding="latin-1")
        answer = await shop.caller.http.request(
            method, shop.path + path, headers=encoded, json=shop.config
        )
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize(("method", "path"), ROUTES[1:])
async def test_unknown_store_is_not_found(caller: Caller, method: str, path: str) -> None:
    assert (await caller.operator(method, f"/v1/stores/unknown{path}")).status_code == 404


@both_databases
async def test_keys_overlap_until_one_is_ended(shop: Shop) -> None:
    made = await shop.operator("POST", "/keys")
    assert made.status_code == 201
    assert set(made.json()) == {"key_id", "api_key"}
    further = made.json()["api_key"]
    assert [(await shop.post(key=key)).status_code for key in (shop.key, further)] == [202, 202]
    ended = await shop.operator("DELETE", f"/keys/{shop.made['key_id']}")
    assert (ended.status_code, ended.content) == (204, b"")
    assert [(await shop.post(key=key)).status_code for key in (shop.key, further)] == [401, 202]
    assert (await shop.operator("GET")).json()["keys"] == [made.json()["key_id"]]


async def test_key_of_another_store_cannot_be_ended(caller: Caller, shop: Shop) -> None:
    other = await caller.new_store()
    assert (await other.operator("DELETE", f"/keys/{shop.made['key_id']}")).status_code == 404
    assert (await shop.post()).status_code == 202


@both_databases
async def test_paused_store_says_so_until_resumed(own_caller: Caller) -> None:
    shop = await own_caller.new_store()
    paused = await shop.operator("POST", "/pause")
    assert (paused.status_code, paused.json()) == (200, {"store_id": shop.store_id, "paused": True})
    shown = (await shop.operator("GET")).json()
    assert (shown["paused"], shown["paused_because"]) == (True, "paused by the operator")
    assert (await shop.post()).json()["status"] == "accepted"
    async with shop.database.transaction() as connection:
        await holds.add(connection, Hold(shop.store_id, shop.customer_id, now()), "paused")
        assert await holds.releasable(connection, 10) == []
    assert (await shop.operator("POST", "/resume")).json()["paused"] is False
    async with shop.database.reading() as connection:
        assert len(await holds.releasable(connection, 10)) == 1


def warned(answer: httpx.Response) -> list[tuple[list[Any], str]]:
    """Where and of what an answer warns."""
    found = answer.json()["warnings"]
    assert all(set(each) == {"path", "type", "message"} for each in found)
    return [(each["path"], each["type"]) for each in found]


@both_databases
async def test_put_warns_by_the_path_that_was_written(shop: Shop) -> None:
    shorter = "shorter_than_time_to_live"
    again = await shop.operator("PUT", json=shop.config)
    assert warned(again) == [(["plans", "cart_update", 0, "expires_after"], shorter)]
    plan = {"steps": [STEP, STEP | {"after": "2h", "expires_after": "1h"}]}
    whole = await shop.operator("PUT", json=shop.config | {"plans": {"cart_update": plan}})
    path = ["plans", "cart_update", "steps", 1, "expires_after"]
    assert warned(whole) == [(path, shorter)]
    assert warned(await shop.operator("GET")) == [(path, shorter)]
    nothing = await shop.operator("PUT", json=shop.config | {"plans": {"cart_update": [STEP]}})
    assert (nothing.status_code, warned(nothing)) == (200, [])


@both_databases
@pytest.mark.parametrize("absent", [{}, {"exit_api": None}])
async def test_put_warns_without_exit_api_until_an_order_comes(
    caller: Caller, absent: dict[str, None]
) -> None:
    shop = await caller.new_store(exit_api=None, plans={"x": [STEP]})
    config = {name: value for name, value in shop.config.items() if name != "exit_api"} | absent
    await shop.post()
    assert warned(await shop.operator("PUT", json=config)) == [(["exit_api"], "orders_unknown")]
    await shop.post(shop.event("product_view", event_name="order_placed"))
    assert warned(await shop.operator("PUT", json=config)) == []


@both_databases
async def test_exit_api_that_does_not_answer_is_warned_of_until_it_does(caller: Caller) -> None:
    shop = await caller.new_store(plans={})
    fresh = (await shop.operator("GET")).json()
    assert fresh["warnings"] == []
    assert fresh["exit_api_state"] == dict.fromkeys(("answered_at", "failing_since", "because"))

    api, since, because = (
        ExitApi.model_validate(shop.config["exit_api"]),
        now(),
        "answered HTTP 404",
    )
    async with shop.database.transaction() as connection:
        await exit_api_state.record_answer(connection, shop.store_id, api, since)
        await exit_api_state.record_failure(connection, shop.store_id, api, because, since)
    failing = await shop.operator("GET")
    assert warned(failing) == [(["exit_api"], "exit_api_unavailable")]
    assert because in failing.json()["warnings"][0]["message"]
    assert failing.json()["exit_api_state"]["because"] == because
    assert warned(await shop.operator("PUT", json=shop.config)) == warned(failing)

    other = shop.config | {"exit_api": shop.config["exit_api"] | {"style": "body"}}
    assert warned(await shop.operator("PUT", json=other)) == []
    await shop.operator("PUT", json=shop.config)
    async with shop.database.transaction() as connection:
        await exit_api_state.record_answer(connection, shop.store_id, api, since)
    answering = await shop.operator("GET")
    assert warned(answering) == []
    assert answering.json()["exit_api_state"]["failing_since"] is None


async def test_dry_run_changes_nothing_and_says_what_would_happen(caller: Caller) -> None:
    config = contract_example()
    path = "/v1/stores/only-tried?dry_run=true"
    answer = await caller.operator("PUT", path, json=config)
    assert (answer.status_code, answer.json()["would"]) == (200, "create")
    assert "api_key" not in answer.json()
    assert (await caller.operator("GET", "/v1/stores/only-tried")).status_code == 404

    shop = await caller.new_store()
    renamed = {**shop.config, "name": "Renamed"}
    answer = await caller.operator("PUT", f"{shop.path}?dry_run=true", json=renamed)
    assert (answer.status_code, answer.json()["would"]) == (200, "replace")
    assert (await caller.operator("GET", shop.path)).json()["name"] == shop.config["name"]
    wrong = await caller.operator("PUT", path, json={**config, "buffer": "soon"})
    assert wrong.status_code == 422


async def test_before_a_holdout_begins_its_operator_hears_how_long_it_would_take(
    caller: Caller,
) -> None:
    shop = await caller.new_store()
    plans = contract_example()["plans"]
    held_out = {"cart_update": {"holdout": 0.1, "steps": plans["cart_update"]}}
    config = shop.config | {"plans": held_out}
    for path in (f"{shop.path}?dry_run=true", shop.path):
        answer = await caller.operator("PUT", path, json=config)
        [warning] = [
            each for each in answer.json()["warnings"] if each["type"] == "experiment_takes_long"
        ]
        assert warning["path"] == ["plans", "cart_update", "holdout"]
        assert "no time can be told" in warning["message"]

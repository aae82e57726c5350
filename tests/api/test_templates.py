"""Templates as operators see them: warnings of a PUT, the state of a store, Meta's updates."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from tests.api.caller import Caller, connecting_to, running_api, settings_for, unused_address
from tests.api.meta_caller import META_SETTINGS, Meta
from tests.ingest.test_template_updates import notification
from tests.operations.template_shop import STEP, WABA, sale

ACCOUNT = {"phone_number_id": "1055", "access_token": "token", "waba_id": WABA}


@dataclass(frozen=True)
class Templates:
    caller: Caller
    sandbox: httpx.AsyncClient

    async def register(self, *templates: dict[str, Any], **changes: Any) -> None:
        account = {"waba_id": WABA, "templates": list(templates), **changes}
        (await self.sandbox.put("/_sandbox/templates", json=account)).raise_for_status()


@pytest.fixture(name="templates")
async def at_meta(sandbox_url: str, own_database_url: str) -> AsyncIterator[Templates]:
    changes = {"whatsapp_api_url": sandbox_url, **META_SETTINGS}
    settings = settings_for(own_database_url, **changes)
    with unused_address() as unused:
        async with (
            running_api(settings, connecting_to(unused)) as caller,
            httpx.AsyncClient(base_url=sandbox_url, trust_env=False) as sandbox,
        ):
            yield Templates(caller, sandbox)
            await sandbox.delete("/_sandbox")


async def test_a_misfit_has_its_path_as_it_was_written(templates: Templates) -> None:
    await templates.register(sale())
    shop = await templates.caller.new_store(
        whatsapp=ACCOUNT, plans={"cart_update": [{**STEP, "body": []}]}
    )

    (found,) = [each for each in shop.made["warnings"] if each["type"].startswith("template")]

    assert found["path"] == ["plans", "cart_update", 0, "body"]
    assert found["message"] == "the template has 1 parameter(s), not 0"


async def test_a_dry_run_checks_and_changes_nothing(templates: Templates) -> None:
    await templates.register(sale())
    shop = await templates.caller.new_store(whatsapp=ACCOUNT, plans={"cart_update": [STEP]})
    await templates.register(sale("PAUSED"))

    dry = await templates.caller.operator("PUT", f"{shop.path}?dry_run=true", json=shop.config)
    state = (await templates.caller.operator("GET", shop.path)).json()

    assert "template_not_approved" in [each["type"] for each in dry.json()["warnings"]]
    assert state["held_templates"] == []
    assert "template_not_approved" not in [each["type"] for each in state["warnings"]]


async def test_meta_that_does_not_list_fails_no_put(templates: Templates) -> None:
    await templates.register(error=190)
    shop = await templates.caller.new_store(whatsapp=ACCOUNT, plans={"cart_update": [STEP]})

    state = (await templates.caller.operator("GET", shop.path)).json()

    assert "templates_unchecked" in [each["type"] for each in shop.made["warnings"]]
    assert state["template_check"]["because"] == "Meta answers 190"
    assert state["template_check"]["checked_at"] is None


async def test_a_template_that_meta_paused_is_shown_as_held_when_its_update_is_answered(
    templates: Templates,
) -> None:
    await templates.register(sale())
    caller = templates.caller
    shop = await caller.new_store(whatsapp=ACCOUNT, plans={"cart_update": [STEP]})
    body = notification(
        "message_template_status_update",
        caller.services.clock(),
        event="PAUSED",
        reason="NONE",
        other_info={"title": "FIRST_PAUSE", "description": "For three hours"},
    )

    assert (await Meta(caller).send(body)).status_code == 200

    state = (await caller.operator("GET", shop.path)).json()
    (held,) = state["held_templates"]
    assert (held["template"], held["language"], held["held_by"]) == ("sale", "en", "meta")
    assert held["because"] == "Meta says PAUSED (FIRST_PAUSE)"
    metrics = (await caller.http.get("/metrics")).text
    assert 'comeback_webhook_updates_total{kind="template",result="changed"} 1.0' in metrics

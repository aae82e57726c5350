"""One person is left alone, by whichever of their ids Meta tells of them."""

from typing import Any

import pytest

from tests.api.caller import Shop
from tests.api.meta_caller import Meta, echo, listed
from tests.databases import both_databases
from tests.whatsapp.webhook_samples import FAILURE, inbound, preference, status, text

PHONE, WA_ID = "+919876543210", "919876543210"
USER, PARENT = "IN.40000000000000000001", "IN.ENT.50000000000000000001"


def of_user(update: dict[str, Any], **ids: str) -> dict[str, Any]:
    """The update without a number, and with these ids."""
    without = {name: value for name, value in update.items() if name not in {"from", "wa_id"}}
    return {**without, **ids}


def recipient(message_id: str | None, **more: Any) -> dict[str, Any]:
    """A status that names its recipient by a user id alone."""
    whole = echo(message_id, "delivered", recipient_user_id=USER, **more)
    del whole["recipient_id"]
    return whole


async def quarantined(meta: Meta) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await meta.caller.operator("GET", "/v1/quarantine")).json()[
        "quarantine"
    ]
    return found


STOPS = {
    "text": {"messages": [of_user(text("STOP"), from_user_id=USER)]},
    "parent id": {"messages": [of_user(text("STOP"), from_parent_user_id=PARENT)]},
    "button": {
        "messages": [of_user(inbound("button", button={"text": "Stop"}), from_user_id=USER)]
    },
    "id of the contact alone": {
        "contacts": [{"profile": {"name": "Leela"}, "user_id": USER}],
        "messages": [of_user(text("STOP"))],
    },
    "preference": {"user_preferences": [of_user(preference("stop"), user_id=USER)]},
    "preference of a contact": {
        "contacts": [{"user_id": USER}],
        "user_preferences": [of_user(preference("stop"))],
    },
    "edited": {
        "messages": [
            of_user(
                inbound("edit", edit={"message": {"type": "text", "text": {"body": "Stop"}}}),
                from_user_id=USER,
            )
        ]
    },
}


@both_databases
@pytest.mark.parametrize("value", STOPS.values(), ids=STOPS)
async def test_stop_by_a_user_id_counts_for_the_number_of_the_message(
    meta: Meta, value: dict[str, Any]
) -> None:
    shop = await meta.store("1")
    sent = recipient(await meta.claim(shop), recipient_parent_user_id=PARENT)
    await meta.post("1", statuses=[sent])
    await meta.post("1", **value)
    assert await meta.claim(shop, step=2) is None
    assert await meta.claim(shop, "+919876500000", step=3)
    assert await quarantined(meta) == []


@both_databases
@pytest.mark.parametrize("value", STOPS.values(), ids=STOPS)
async def test_stop_of_nobody_known_is_quarantined_and_counts_once_the_person_is_known(
    meta: Meta, value: dict[str, Any]
) -> None:
    shop = await meta.store("1")
    await meta.post("1", **value)
    (row,) = await quarantined(meta)
    assert (row["store_id"], row["errors"][0]["type"]) == (shop.store_id, "unknown_person")
    retry = f"/v1/quarantine/{row['id']}/retry"
    assert (await meta.caller.operator("POST", retry)).status_code == 409
    sent = recipient(await meta.claim(shop), recipient_parent_user_id=PARENT)
    await meta.post("1", statuses=[sent])
    assert await meta.claim(shop, step=2) is None
    answer = await meta.caller.operator("POST", retry)
    assert answer.json()["results"] == {"unchanged": 1}
    assert await quarantined(meta) == []


async def test_an_inbound_message_with_both_ids_teaches_whose_a_user_id_is(meta: Meta) -> None:
    shop = await meta.store("1")
    await meta.post("1", messages=[of_user(text("STOP"), from_user_id=USER)])
    assert await meta.claim(shop)
    await meta.post("1", messages=[text("Hi", **{"from": WA_ID, "from_user_id": USER})])
    assert await meta.claim(shop, step=2) is None


async def test_contact_beside_a_message_teaches_whose_a_user_id_is(meta: Meta) -> None:
    shop = await meta.store("1")
    hello = {
        "contacts": [{"wa_id": WA_ID, "user_id": USER}],
        "messages": [of_user(text("Hi"), from_user_id=USER)],
    }
    await meta.post("1", **hello)
    await meta.post("1", user_preferences=[of_user(preference("stop"), user_id=USER)])
    assert await meta.claim(shop) is None


async def test_resume_by_a_user_id_lifts_a_stop_by_the_number(meta: Meta) -> None:
    shop = await meta.store("1")
    await meta.post("1", messages=[text("Hi", **{"from": WA_ID, "from_user_id": USER})])
    await meta.post("1", messages=[text("STOP", **{"from": WA_ID})])
    resume = of_user(preference("resume", timestamp=1790000100), user_id=USER)
    await meta.post("1", user_preferences=[resume])
    assert await meta.claim(shop)


@pytest.mark.parametrize("value", ["signup", "STOP ", "unknown", ""])
async def test_other_values_of_a_preference_neither_lift_nor_suppress(
    meta: Meta, value: str
) -> None:
    shop = await meta.store("1")
    await meta.post("1", user_preferences=[preference(value, WA_ID)])
    assert await meta.claim(shop)
    await meta.post("1", user_preferences=[preference("stop", WA_ID)])
    late = preference(value, WA_ID, timestamp=1790000100)
    await meta.post("1", user_preferences=[late])
    assert await meta.claim(shop, step=2) is None


async def test_failure_of_a_message_that_is_not_ours_suppresses_whom_it_names(meta: Meta) -> None:
    shop = await meta.store("1")
    failed = status("failed", "wamid.other", errors=[FAILURE], recipient_id=WA_ID)
    await meta.post("1", statuses=[failed])
    assert await meta.claim(shop) is None


async def test_a_deleted_stop_still_counts(meta: Meta) -> None:
    shop = await meta.store("1")
    deleted = inbound("revoke", revoke={"original_message_id": "wamid.in"}, **{"from": WA_ID})
    await meta.post("1", messages=[text("STOP", **{"from": WA_ID}), deleted])
    assert await meta.claim(shop) is None


NEW_PHONE, NEW_WA_ID, NEW_USER = "+919876543211", "919876543211", "IN.40000000000000000002"
CHANGES = {
    "of today": {
        "from": WA_ID,
        "system": {
            "type": "user_changed_number",
            "wa_id": NEW_WA_ID,
            "user_id": NEW_USER,
            "previous_user_id": USER,
        },
    },
    "without user ids": {
        "from": WA_ID,
        "system": {"type": "user_changed_number", "wa_id": NEW_WA_ID},
    },
    "of version 11": {
        "from": WA_ID,
        "system": {"type": "user_changed_number", "customer": WA_ID, "new_wa_id": NEW_WA_ID},
    },
}


@both_databases
@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
async def test_an_opt_out_follows_to_the_new_number(meta: Meta, change: dict[str, Any]) -> None:
    shop = await meta.store("1")
    await meta.post("1", messages=[text("STOP", **{"from": WA_ID})])
    assert await meta.claim(shop, NEW_PHONE)
    await meta.post("1", messages=[{**inbound("system"), **change}])
    assert await meta.claim(shop, NEW_PHONE, step=2) is None
    assert await meta.claim(shop, PHONE, step=3) is None


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
async def test_an_earlier_stop_that_arrives_after_the_change_counts_for_the_new_number(
    meta: Meta, change: dict[str, Any]
) -> None:
    shop = await meta.store("1")
    await meta.post("1", messages=[{**inbound("system"), **change, "timestamp": "1790000100"}])
    await meta.post("1", messages=[text("STOP", **{"from": WA_ID})])
    assert await meta.claim(shop, NEW_PHONE) is None


async def test_the_next_owner_of_an_old_number_speaks_for_nobody_else(meta: Meta) -> None:
    shop = await meta.store("1")
    await meta.post("1", messages=[{**inbound("system"), **CHANGES["of today"]}])
    stop = text("STOP", **{"from": WA_ID, "timestamp": "1790000100"})
    await meta.post("1", messages=[stop])
    assert await meta.claim(shop, PHONE) is None
    assert await meta.claim(shop, NEW_PHONE, step=2)


async def test_an_opt_out_follows_to_a_new_user_id(meta: Meta) -> None:
    shop = await meta.store("1")
    system = {
        "type": "user_changed_user_id",
        "previous_user_id": USER,
        "user_id": NEW_USER,
    }
    await meta.post("1", messages=[of_user(text("STOP"), from_user_id=USER)])
    await meta.post("1", messages=[of_user(inbound("system", system=system))])
    hello = text("Hi", **{"from": NEW_WA_ID, "from_user_id": NEW_USER})
    await meta.post("1", messages=[hello])
    assert await meta.claim(shop, NEW_PHONE) is None


@both_databases
async def test_an_opt_out_by_a_new_user_id_counts_for_the_number_that_stays(meta: Meta) -> None:
    shop = await meta.store("1")
    system = {"type": "user_changed_user_id", "previous_user_id": USER, "user_id": NEW_USER}
    hello = text("Hi", **{"from": WA_ID, "from_user_id": USER})
    await meta.post("1", messages=[hello])
    await meta.post("1", messages=[of_user(text("STOP"), from_user_id=NEW_USER)])
    assert await meta.claim(shop)
    await meta.post("1", messages=[of_user(inbound("system", system=system))])
    assert await meta.claim(shop, step=2) is None


FORMS = [
    ("+541123456789", "+5491123456789"),
    ("+525512345678", "+5215512345678"),
    ("+5511987654321", "+551187654321"),
]


@both_databases
@pytest.mark.parametrize("forms", [*FORMS, *[(b, a) for a, b in FORMS]])
async def test_either_form_of_a_number_speaks_for_the_person(
    meta: Meta, forms: tuple[str, str]
) -> None:
    posted, other = forms
    shop = await meta.store("1")
    await meta.post("1", messages=[text("STOP", **{"from": other[1:]})])
    assert await meta.claim(shop, posted) is None
    await shop.operator("DELETE", f"/suppressions/{posted}")
    assert await meta.claim(shop, other)
    await shop.operator("PUT", f"/suppressions/{other}")
    assert await meta.claim(shop, posted, step=2) is None


async def priced(meta: Meta, shop: Shop, *names: str, **pricing: Any) -> dict[str, Any]:
    message_id = await meta.claim(shop)
    for name in names:
        await meta.post("1", statuses=[echo(message_id, name, pricing=pricing)])
    await meta.post("1", statuses=[echo(message_id, "read")])
    (entry,) = await listed(shop)
    return entry


async def test_the_price_of_a_message_is_kept_and_listed(meta: Meta) -> None:
    shop = await meta.store("1")
    said = {"billable": True, "pricing_model": "PMP", "category": "marketing", "type": "regular"}
    entry = await priced(meta, shop, "sent", **said)
    assert (entry["status"], entry["pricing"]) == ("read", said)


async def test_what_is_no_pricing_does_not_spoil_a_status(meta: Meta) -> None:
    shop = await meta.store("1")
    entry = await priced(meta, shop, "sent", billable="yes", category=["x"], pricing_model="\x00")
    assert (entry["status"], entry["pricing"]) == ("read", None)


async def test_stop_by_a_user_id_is_in_the_export_of_the_customer(meta: Meta) -> None:
    shop = await meta.store("1")
    assert (await shop.post()).status_code == 202
    await meta.post("1", messages=[of_user(text("STOP"), from_user_id=USER)])
    await meta.post("1", messages=[text("Hi", **{"from": WA_ID, "from_user_id": USER})])
    path = f"/customers/{shop.customer_id}"
    export = (await shop.operator("GET", path)).json()
    (suppression,) = export["suppressions"]
    assert (suppression["suppressed"], suppression["because"]) == (True, "said STOP")
    assert len(export["quarantined"]) == 1
    assert (await shop.operator("DELETE", path)).json()["quarantined"] == 1
    assert await meta.claim(shop) is None

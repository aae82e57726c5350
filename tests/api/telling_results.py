"""The week of `story_of_results`, as it is posted to the API."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from domain.customers.identity import keyed_hash
from storage import messages, stores
from storage.messages import LedgerUpdate, MessageKey
from storage.tables import journeys
from tests.api.caller import Shop
from tests.api.meta_caller import Meta, echo
from tests.api.story_of_results import (
    CONFIG,
    JOURNEYS,
    MESSAGES,
    PHONES,
    POSTED,
    Posted,
    Sent,
    at,
)
from tests.whatsapp.webhook_samples import text

_DETAILS: Final = ("kind", "template", "variant", "channel")


async def tell(meta: Meta, number: str, posted: Sequence[Posted] = POSTED) -> Shop:
    """A new store to which all of it happened, events and statuses in this order."""
    shop = await meta.store(number, **CONFIG)
    for who, phone in PHONES.items():
        await shop.post(_event(shop, who, phone))
    ids = await _claim(shop)
    await _close_journeys(shop)
    for each in posted:
        answer = await shop.post(_body(shop, each))
        assert answer.status_code == 202, answer.text
    for sent in MESSAGES:
        await meta.post(number, statuses=list(_statuses(sent, ids[sent.name])))
    await _reply(meta, number, ids)
    return shop


def _event(shop: Shop, who: str, phone: str) -> dict[str, Any]:
    event = shop.event(customer_id=who, phone=phone, email=f"{who}@example.com")
    return {**event, "timestamp": at("1 10:00").isoformat()}


async def _claim(shop: Shop) -> dict[str, str]:
    """The ids of the messages by their names."""
    ids = {}
    async with shop.database.transaction() as connection:
        hash_key = (await stores.existing(connection, shop.store_id)).hash_key
        for each in MESSAGES:
            phone, trigger = PHONES[each.who], f"{each.who}-{each.kind}"
            key = MessageKey(shop.store_id, each.who, trigger, each.step, each.fallback)
            details = {name: getattr(each, name) for name in _DETAILS} | {
                "address_hash": keyed_hash(hash_key, phone),
                "country": "US" if phone.startswith("+1") else "IN",
                "click_token": token_of(each.name),
                "due_at": at(each.claimed),
                "language": "en" if each.template else "",
            }
            ids[each.name] = await messages.claim(connection, key, details, at(each.claimed))
            outcome = LedgerUpdate(each.status)
            await messages.settle(connection, ids[each.name], at(each.claimed), outcome)
    return ids


def token_of(name: str) -> str:
    """A token of the right form."""
    return f"{name.translate(str.maketrans('0123456789', 'abcdefghij')):a<16}"


async def _close_journeys(shop: Shop) -> None:
    async with shop.database.transaction() as connection:
        for who, kind, closed in JOURNEYS:
            row = {"run_id": f"{shop.store_id}-{who}", "customer_id": who, "kind": kind}
            ended = {"outcome": "messaged", "reason": "plan_done", "evidence": {}, "decisions": []}
            values = {**row, **ended, "store_id": shop.store_id, "closed_at": at(closed)}
            await connection.execute(journeys.insert().values(values))


def _body(shop: Shop, posted: Posted) -> dict[str, Any]:
    event = shop.event(
        "product_view" if posted.event == "product_view" else "cart_update.add_to_cart"
    )
    whole = {**event, "event_name": posted.event, "customer": posted.who}
    link = (
        {"landing_url": f"https://shop.example/?cb={token_of(posted.token)}"}
        if posted.token
        else {}
    )
    data = {**(posted.data or event["event_data"]), **link}
    return {**whole, "timestamp": at(posted.when, posted.month).isoformat(), "event_data": data}


def _statuses(sent: Sent, message_id: str) -> Iterator[dict[str, Any]]:
    """What Meta posts of a message, the last word first."""
    if sent.delivered is None:
        return
    price = {"billable": True, "pricing_model": "PMP", "category": "marketing", "type": "regular"}
    recipient = PHONES[sent.who].removeprefix("+")
    for minutes, name in ((1, "read"), (0, "delivered")):
        if name == "delivered" or sent.read:
            told_at = str(int(at(sent.delivered).timestamp()) + 60 * minutes)
            known = {"timestamp": told_at, "recipient_id": recipient}
            yield echo(message_id, name, **known, pricing=price)


async def _reply(meta: Meta, number: str, ids: dict[str, str]) -> None:
    """Esha replies to her message; Asha writes STOP."""
    context = {"id": f"wamid.{ids['m7']}"}
    for who, said, when, more in (
        ("esha", "In blue?", "3 09:00", {"context": context}),
        ("asha", "STOP", "5 09:00", {}),
    ):
        told = {"timestamp": str(int(at(when).timestamp())), "id": f"wamid.{number}{who}"}
        message = text(said, **{"from": PHONES[who].removeprefix("+")}, **told, **more)
        await meta.post(number, messages=[message])

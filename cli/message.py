"""`journeys message render`: what Meta or a channel would get, and how the customer reads it."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from pydantic import BaseModel, ValidationError
from rich.console import Console
from rich.table import Table
from rich.text import Text

from cli.errors import CommandError
from cli.operators_http import calling_api
from cli.store import complaint, stores_in
from domain import phones
from domain.events import EVENT_TAGS, event_adapter
from domain.fallbacks import OtherChannel
from domain.plans import Plan, Plans
from domain.rendering import (
    Card,
    Draft,
    Fields,
    Hole,
    RenderedMessage,
    draft,
    draft_fields,
    merge_fields,
)
from domain.store_body import InvalidConfigError, read_config
from domain.templates import Template
from settings import Settings
from whatsapp.payload import template_payload

CALLBACK_DATA = "id-of-the-message"
"""Stands where a sent message has its own id, which Meta repeats in statuses."""


class StorePlans(BaseModel):
    """What of a store's configuration its messages depend on."""

    name: str
    default_region: str | None = None
    plans: Plans


def read_store(
    store_id: str | None, file: Path | None, api_url: str | None, settings: Settings
) -> StorePlans:
    """The store as the API has it, or as a file would have it.

    Raises:
        CommandError: there is no such store, or it is not valid.
    """
    if file is not None:
        return _from_file(store_id, file)
    if store_id is None:
        raise CommandError("say which store: --store ID, or --config FILE")
    with calling_api(api_url, settings) as api:
        answer = api.store("GET", store_id)
    if answer.status_code == httpx.codes.NOT_FOUND:
        raise CommandError(f"the API has no store {store_id}")
    if not answer.is_success:
        raise CommandError(f"the API answered {answer.status_code}: {answer.text}")
    return StorePlans.model_validate(answer.json())


def _from_file(store_id: str | None, file: Path) -> StorePlans:
    stores = dict(stores_in(file))
    if store_id is None and len(stores) > 1:
        raise CommandError(f"{file} has several stores; say which: --store ID")
    wanted = store_id or next(iter(stores))
    if wanted not in stores:
        raise CommandError(f"{file} has no store {wanted}")
    try:
        config = read_config(json.dumps(stores[wanted]))
    except InvalidConfigError as error:
        wrong = [complaint(each.path, each.message) for each in error.complaints]
        raise CommandError("\n".join((f"{wanted} in {file} is not valid", *wrong))) from None
    return StorePlans(name=config.name, default_region=config.default_region, plans=config.plans)


def read_event(file: Path) -> dict[str, Any]:
    """An event's body, as a partner would post it.

    Raises:
        CommandError: it would be answered 422.
    """
    raw = file.read_bytes()
    try:
        event_adapter.validate_json(raw)
    except ValidationError as error:
        wrong = [complaint(_untagged(each["loc"]), each["msg"]) for each in error.errors()]
        raise CommandError("\n".join((f"{file} is not an event", *wrong))) from None
    body: dict[str, Any] = json.loads(raw)
    return body


def _untagged(loc: tuple[int | str, ...]) -> tuple[int | str, ...]:
    return loc[1:] if loc and loc[0] in EVENT_TAGS else loc


@dataclass(frozen=True)
class Which:
    """Which message: of a plan's step its own, or a fallback."""

    kind: str
    step: int
    fallback: int = 0


def show(store: StorePlans, which: Which, body: dict[str, Any], console: Console) -> bool:
    """Print a message; False when it would not be sent.

    Raises:
        CommandError: the store has no such message.
    """
    message = _message(store.plans, which)
    address = phones.to_e164(_phone(body), store.default_region)
    holes = [*_no_address(address)]
    if isinstance(message, OtherChannel):
        holes += _show_fields(message, merge_fields(body, store.name), console)
    else:
        holes += _show_template(message, merge_fields(body, store.name), address, console)
    if body["event_name"] != which.kind:
        _plain(console, f"Note: the event is a {body['event_name']}, the plan is for {which.kind}.")
    for line in _complaints(holes):
        _plain(console, line)
    return not holes


def _show_template(
    message: Template, fields: Fields, address: str | None, console: Console
) -> list[Hole]:
    written = draft(message, fields)
    if address is not None and not written.holes:
        payload = template_payload(written.message, address, CALLBACK_DATA)
        _plain(console, json.dumps(payload, indent=2, ensure_ascii=False))
    console.print(_reading(written, address))
    return written.holes


def _show_fields(message: OtherChannel, fields: Fields, console: Console) -> list[Hole]:
    """What a channel gets to send; whom to, it reads in the event's customer."""
    written, holes = draft_fields(message.fields, fields)
    if not holes:
        asked = {"fields": written, "customer": fields["customer"]}
        _plain(console, json.dumps(asked, indent=2, ensure_ascii=False))
    table = Table("field", "reads", title=f"channel {message.channel}")
    for name, text in written.items():
        table.add_row(Text(name), Text(text))
    console.print(table)
    return holes


def _message(plans: dict[str, Plan], which: Which) -> Template | OtherChannel:
    if which.kind not in plans:
        known = ", ".join(plans) or "none"
        raise CommandError(f"the store has no plan for {which.kind}; its plans: {known}")
    steps = plans[which.kind].steps
    if which.step > len(steps):
        raise CommandError(f"the last step of the plan for {which.kind} is {len(steps)}")
    step = steps[which.step - 1]
    if which.fallback > len(step.fallbacks):
        raise CommandError(f"step {which.step} has {len(step.fallbacks)} fallback(s)")
    return step.message(which.fallback)


def _phone(body: dict[str, Any]) -> str | None:
    phone = body["customer"].get("phone")
    return None if phone is None else str(phone)


def _no_address(address: str | None) -> Iterator[Hole]:
    if address is None:
        yield Hole(place="to", field="customer.phone", because="is not a valid phone number")


def _complaints(holes: list[Hole]) -> Iterator[str]:
    if holes:
        yield "This message would not be sent:"
    for hole in holes:
        yield f"  {hole.place}: {hole.field} {hole.because}"


def _reading(written: Draft, address: str | None) -> Table:
    message = written.message
    table = Table("part", "reads", title=f"{message.template} ({message.language})")
    for part, text in _parts(message, address):
        table.add_row(Text(part), Text(text))
    return table


def _parts(message: RenderedMessage, address: str | None) -> Iterator[tuple[str, str]]:
    yield "to", address or "nobody"
    if message.header_image is not None:
        yield "header image", message.header_image
    yield from _numbered(message.body)
    if message.button_url is not None:
        yield "button ends in", message.button_url
    if message.coupon_code is not None:
        yield "coupon code", message.coupon_code
    for number, card in enumerate(message.cards, 1):
        for part, text in _card(card):
            yield f"card {number}: {part}", text


def _card(card: Card) -> Iterator[tuple[str, str]]:
    yield "header image", card.header_image
    yield from _numbered(card.body)
    if card.button_url is not None:
        yield "button ends in", card.button_url


def _numbered(body: list[str] | dict[str, str]) -> Iterator[tuple[str, str]]:
    """Parameters as Meta's template has them: by name, or counted from 1."""
    named = body.items() if isinstance(body, dict) else enumerate(body, 1)
    for name, text in named:
        yield f"body {{{{{name}}}}}", text


def _plain(console: Console, text: str) -> None:
    console.print(text, markup=False, highlight=False, soft_wrap=True)

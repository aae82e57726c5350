"""`journeys message render`: what Meta or a channel would get, and how the customer reads it."""

from collections.abc import Iterator
from typing import Any

from rich.console import Console

from cli.message_preview import MessageChoice, preview_message
from cli.store_plans import StorePlans
from domain.messages.rendering import MissingField
from domain.values.exact_json import write_json


def print_message(
    store: StorePlans, choice: MessageChoice, body: dict[str, Any], console: Console
) -> bool:
    """Print a message; False when it would not be sent.

    Raises:
        CommandError: the store has no such message.
    """
    preview = preview_message(store, choice, body)
    if not preview.missing:
        _print(console, write_json(preview.request, indent=2, ensure_ascii=False))
    console.print(preview.table)
    if (kind := body["event_name"]) != choice.kind:
        _print(console, f"Note: the event is a {kind}, the plan is for {choice.kind}.")
    for line in _hole_lines(preview.missing):
        _print(console, line)
    return not preview.missing


def _hole_lines(missing: list[MissingField]) -> Iterator[str]:
    if missing:
        yield "This message would not be sent:"
    for hole in missing:
        yield f"  {hole.place}: {hole.field} {hole.because}"


def _print(console: Console, text: str) -> None:
    console.print(text, markup=False, highlight=False, soft_wrap=True)

"""What the demo says at the end: how each journey ended, what Meta got, where to look."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from rich import box
from rich.console import Console
from rich.table import Table

from cli.demo.denim_co import STORE_ID
from cli.demo.stories import Message, Story
from cli.demo.watching import Journey
from cli.stack import Stack


@dataclass(frozen=True)
class Ended:
    """A story, and what became of it."""

    story: Story
    journey: Journey | None
    messages: Sequence[Message]

    def differences(self) -> Iterator[str]:
        """Whatever is not as it should be."""
        story, journey = self.story, self.journey
        expected = f"{story.outcome}: {story.reason}"
        seen = f"{journey.outcome}: {journey.reason}" if journey and journey.outcome else "open"
        if seen != expected:
            yield f"{story.name}: the journey is {seen}, and should be {expected}"
        if tuple(self.messages) != story.messages:
            yield f"{story.name}: sent was {_listed(self.messages)}, not {_listed(story.messages)}"


def _listed(messages: Sequence[Message]) -> str:
    return f"[{'; '.join(map(str, messages))}]"


def report(console: Console, all_ended: Sequence[Ended], stack: Stack, ledger: Path) -> None:
    """Print everything."""
    console.print(_outcomes(all_ended), _messages(all_ended))
    for line in _where_to_look(all_ended[0], stack, ledger):
        console.print(line, soft_wrap=True, highlight=False, markup=False)


def _outcomes(all_ended: Sequence[Ended]) -> Table:
    table = Table(
        "customer", "did", "outcome", "reason", "messages", "as it should", title="What happened"
    )
    table.box = box.SIMPLE_HEAD
    for ended in all_ended:
        journey = ended.journey
        table.add_row(
            ended.story.name,
            "\n".join(deed.told for deed in ended.story.deeds),
            journey.outcome if journey else "",
            _because(journey),
            str(len(ended.messages)),
            "no" if any(ended.differences()) else "yes",
        )
    return table


def _because(journey: Journey | None) -> str:
    """The reason, and who brought the news if somebody had to be asked."""
    if journey is None or journey.reason is None:
        return ""
    found_by = journey.decisions[-1].evidence.get("found_by") if journey.decisions else None
    return f"{journey.reason}\n(found by {found_by})" if found_by else journey.reason


def _messages(all_ended: Sequence[Ended]) -> Table:
    title = "What Meta and the store's own channel got"
    table = Table("to", "template", "merge fields", "picture, button", title=title)
    table.box = box.SIMPLE_HEAD
    for ended in all_ended:
        for message in ended.messages:
            extras = "\n".join(filter(None, (message.image, message.button)))
            table.add_row(ended.story.phone, message.template, " | ".join(message.texts), extras)
    return table


def _where_to_look(ended: Ended, stack: Stack, ledger: Path) -> Iterator[str]:
    story = ended.story
    journey_id = ended.journey.journey_id if ended.journey else ""
    path = f"/v1/stores/{STORE_ID}/journeys/{story.customer_id}"
    yield "Where to look"
    yield f"  {story.name}'s journey    {stack.ui_url}/{quote(journey_id, safe='')}"
    yield f"  all journeys      {stack.ui_url}"
    bearer = f'-H "Authorization: Bearer {stack.shown_token}"'
    yield f"  explained         curl {bearer} {stack.api_url}{path}"
    yield f"  API docs          {stack.api_url}/docs"
    yield f"  what Meta got     {ledger}"
    yield f"  logs              {stack.settings.data_dir / 'logs'}"

"""What the demo prints at the end: how each journey ended, what Meta got, where to look."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from rich import box
from rich.console import Console
from rich.table import Table

from cli.demo.denim_co import STORE_ID
from cli.demo.journey_watcher import Journey
from cli.demo.sample.shop import DAYS
from cli.demo.sample.shop import STORE_ID as SAMPLE_ID
from cli.demo.scenarios import MessageSummary, Scenario
from cli.stack import Stack


@dataclass(frozen=True)
class ScenarioResult:
    """A scenario, and how it ended."""

    scenario: Scenario
    journey: Journey | None
    messages: Sequence[MessageSummary]

    def differences(self) -> Iterator[str]:
        """What is not as expected."""
        scenario, journey = self.scenario, self.journey
        expected = f"{scenario.outcome}: {scenario.reason}"
        actual = f"{journey.outcome}: {journey.reason}" if journey and journey.outcome else "open"
        if actual != expected:
            yield f"{scenario.name}: the journey is {actual}, and should be {expected}"
        if tuple(self.messages) != scenario.messages:
            sent, wanted = _listed(self.messages), _listed(scenario.messages)
            yield f"{scenario.name}: sent was {sent}, not {wanted}"


def _listed(messages: Sequence[MessageSummary]) -> str:
    return f"[{'; '.join(map(str, messages))}]"


def report(console: Console, results: Sequence[ScenarioResult], stack: Stack, ledger: Path) -> None:
    """Print the outcomes, the messages and the addresses."""
    console.print(_outcomes(results), _messages(results))
    for line in _where_to_look(results[0], stack, ledger):
        console.print(line, soft_wrap=True, highlight=False, markup=False)


def _outcomes(results: Sequence[ScenarioResult]) -> Table:
    table = Table(
        *("customer", "did", "outcome", "reason", "messages", "as expected"),
        title="What happened",
        box=box.SIMPLE_HEAD,
    )
    for result in results:
        journey = result.journey
        table.add_row(
            result.scenario.name,
            "\n".join(action.description for action in result.scenario.actions),
            journey.outcome if journey else "",
            _reason(journey),
            str(len(result.messages)),
            "no" if any(result.differences()) else "yes",
        )
    return table


def _reason(journey: Journey | None) -> str:
    """The reason, and what found it if it was not an event that the partner posted."""
    if journey is None or journey.reason is None:
        return ""
    found_by = journey.decisions[-1].evidence.get("found_by") if journey.decisions else None
    return f"{journey.reason}\n(found by {found_by})" if found_by else journey.reason


def _messages(results: Sequence[ScenarioResult]) -> Table:
    table = Table(
        *("to", "template", "merge fields", "picture, button"),
        title="What Meta and the store's own channel got",
        box=box.SIMPLE_HEAD,
    )
    for result in results:
        for message in result.messages:
            extras = "\n".join(filter(None, (message.image, message.button)))
            texts = " | ".join(message.texts)
            table.add_row(result.scenario.phone, message.template, texts, extras)
    return table


def _where_to_look(result: ScenarioResult, stack: Stack, ledger: Path) -> Iterator[str]:
    scenario = result.scenario
    journey_id = result.journey.journey_id if result.journey else ""
    path = f"/v1/stores/{STORE_ID}/journeys/{scenario.customer_id}"
    yield "Where to look"
    yield f"  {scenario.name}'s journey    {stack.ui_url}/{quote(journey_id, safe='')}"
    yield f"  all journeys      {stack.ui_url}"
    if stack.codec_endpoint:
        yield f"  sign in           {stack.sign_in_url}, so that the Web UI decrypts"
    bearer = f'-H "Authorization: Bearer {stack.shown_token}"'
    yield f"  explained         curl {bearer} {stack.api_url}{path}"
    yield f"  API docs          {stack.api_url}/docs"
    yield f"  what Meta got     {ledger}"
    yield f"  logs              {stack.settings.data_dir / 'logs'}"
    yield from _pages(stack)


def _pages(stack: Stack) -> Iterator[str]:
    """The pages come last: they are what a newcomer opens first."""
    of_stores = f"{stack.pages_url}/stores"
    yield "Pages"
    yield f"  all stores        {stack.pages_url}"
    yield f"  admin token       {stack.shown_token}, to sign in"
    yield f"  the journeys here {of_stores}/{STORE_ID}"
    yield f"  a sample store    {of_stores}/{SAMPLE_ID} (made up: {DAYS} days of history)"
    yield f"  its experiment    {of_stores}/{SAMPLE_ID}/experiments (made up)"

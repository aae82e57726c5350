"""The demo from beginning to end."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta

import httpx
from rich.console import Console

from cli.demo.isolation import isolated
from cli.demo.journey_watcher import JourneyWatcher
from cli.demo.partner import DemoPartner, register_store
from cli.demo.report import ScenarioResult, report
from cli.demo.sample.history import SampleHistory, tell
from cli.demo.sample.orders import OrderRows
from cli.demo.sample.shop import SampleShop
from cli.demo.sample_store import add_sample_store
from cli.demo.sandbox_process import SandboxProcess, sandbox_process
from cli.demo.scenarios import SCENARIOS
from cli.demo.screen import JourneyRow, screen
from cli.errors import Interrupted, UnexpectedOutcomeError
from cli.running import run_stack
from cli.stack import Stack
from clock import utc_now
from domain.journey.outcomes import Stage
from settings import Settings
from storage.database import Database

SCENARIOS_TIMEOUT = timedelta(seconds=90)
"""The scenarios take about 12 s; the rest is for slow machines."""

_POLL_INTERVAL = timedelta(seconds=0.3)
_HTTP_TIMEOUT_SECONDS = 15
_PAGE_WIDTH = 130


async def run_demo(settings: Settings) -> None:
    """Run every scenario and check how it ended; on a terminal, stay up after that.

    Raises:
        CommandError: the stack cannot run, or a journey did not end as expected.
        Interrupted: a signal asked to stop before the scenarios had ended.
    """
    console, finished = _console(), asyncio.Event()
    settings = isolated(settings)
    try:
        await _run(settings, sandbox_process(settings), console, finished)
    except Interrupted:
        if not finished.is_set():
            raise


def _console() -> Console:
    """The terminal, or a page wide enough for the tables where there is none."""
    console = Console()
    if not console.file.isatty():
        console.width = _PAGE_WIDTH
    return console


async def _run(
    settings: Settings, sandbox: SandboxProcess, console: Console, finished: asyncio.Event
) -> None:
    def echo(line: str) -> None:
        console.print(line, markup=False, highlight=False, soft_wrap=True)

    async with run_stack(
        settings,
        echo,
        environment=sandbox.environment,
        wipe_data=True,
        sidecar=sandbox.sidecar,
    ) as stack:
        results = await _run_everything(stack, sandbox, console)
        report(console, results, stack, sandbox.ledger)
        _check(results)
        finished.set()
        if console.file.isatty():
            echo("\nEverything stays up for exploring until Ctrl-C.")
            await asyncio.Event().wait()


async def _run_everything(
    stack: Stack, sandbox: SandboxProcess, console: Console
) -> list[ScenarioResult]:
    """The scenarios; while their journeys wait, a sample store is made up."""
    sample = asyncio.create_task(_make_up_history())
    try:
        results = await _run_scenarios(stack, sandbox, console)
        await _add_sample_store(stack, await sample)
    finally:
        sample.cancel()
    return results


async def _make_up_history() -> SampleHistory:
    """The sample store's, without keeping anything else waiting."""
    history = SampleHistory(OrderRows(SampleShop.at_time(utc_now())))
    for _ in tell(history):
        await asyncio.sleep(0)
    return history


async def _add_sample_store(stack: Stack, history: SampleHistory) -> None:
    """Beside the demo's own store, in the same database."""
    database = Database(stack.settings.database, stack.settings.secret_keys)
    try:
        await add_sample_store(database, history)
    finally:
        await database.close()


async def _run_scenarios(
    stack: Stack, sandbox: SandboxProcess, console: Console
) -> list[ScenarioResult]:
    async with _http(stack.api_url) as api, _http(sandbox.url) as sandbox_http:
        partner = await register_store(stack, api, sandbox_http)
        watcher = JourneyWatcher(api, sandbox_http, stack.token)
        rows = await _watch_until_closed(partner, watcher, console)
        messages = await watcher.messages()
    return [
        ScenarioResult(row.scenario, row.journey, messages.get(row.scenario.phone, []))
        for row in rows
    ]


def _http(url: str) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=url, timeout=_HTTP_TIMEOUT_SECONDS, trust_env=False)


async def _watch_until_closed(
    partner: DemoPartner, watcher: JourneyWatcher, console: Console
) -> Sequence[JourneyRow]:
    """Perform all scenarios at once, until every journey is closed or the time is over."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + SCENARIOS_TIMEOUT.total_seconds()
    actions = asyncio.gather(*(partner.perform(scenario) for scenario in SCENARIOS))
    try:
        with screen(console) as display:
            while True:
                rows = await _rows(partner, watcher)
                display.show(rows)
                if _all_closed(actions, rows) or loop.time() > deadline:
                    return rows
                await asyncio.sleep(_POLL_INTERVAL.total_seconds())
    finally:
        actions.cancel()


async def _rows(partner: DemoPartner, watcher: JourneyWatcher) -> list[JourneyRow]:
    journeys = await asyncio.gather(*(watcher.journey(scenario) for scenario in SCENARIOS))
    return [
        JourneyRow(scenario, tuple(partner.actions[scenario.customer_id]), journey)
        for scenario, journey in zip(SCENARIOS, journeys, strict=True)
    ]


def _all_closed(actions: asyncio.Future[list[None]], rows: Sequence[JourneyRow]) -> bool:
    """Whether nothing more will happen; raises the error of an action that failed."""
    if not actions.done():
        return False
    actions.result()
    return all(row.journey is not None and row.journey.stage is Stage.CLOSED for row in rows)


def _check(results: Sequence[ScenarioResult]) -> None:
    differences = [each for result in results for each in result.differences()]
    if differences:
        raise UnexpectedOutcomeError("not as expected:\n" + "\n".join(differences))

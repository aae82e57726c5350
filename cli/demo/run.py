"""The demo from beginning to end."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta

import httpx
from rich.console import Console

from cli.demo.report import Ended, report
from cli.demo.screen import Row, screen
from cli.demo.shop import Shop, open_shop
from cli.demo.stand_ins import StandIns, apart, stand_ins
from cli.demo.stories import STORIES
from cli.demo.watching import Watch
from cli.errors import DifferentEndError, Interrupted
from cli.running import run_stack
from cli.stack import Stack
from domain.outcomes import Stage
from settings import Settings

TOLD_WITHIN = timedelta(seconds=90)
"""The stories take about 12 s; the rest is for slow machines."""

_LOOK_EVERY = timedelta(seconds=0.3)
_TIMEOUT_SECONDS = 15
_PAGE_WIDTH = 130


async def run_demo(settings: Settings) -> None:
    """Tell every story and check how it ended; on a terminal, stay up after that.

    Raises:
        CommandError: something is in the way, or a journey ended as it should not.
        Interrupted: a signal asked for the end before the stories were told.
    """
    console, told = _console(), asyncio.Event()
    settings = apart(settings)
    try:
        await _run(settings, stand_ins(settings), console, told)
    except Interrupted:
        if not told.is_set():
            raise


def _console() -> Console:
    """The terminal, or a page wide enough for the tables where there is none."""
    console = Console()
    if not console.file.isatty():
        console.width = _PAGE_WIDTH
    return console


async def _run(
    settings: Settings, sandbox: StandIns, console: Console, told: asyncio.Event
) -> None:
    def say(line: str) -> None:
        console.print(line, markup=False, highlight=False, soft_wrap=True)

    async with run_stack(
        settings,
        say,
        environment=sandbox.environment,
        afresh=True,
        companion=sandbox.companion,
    ) as stack:
        all_ended = await _tell(stack, sandbox, console)
        report(console, all_ended, stack, sandbox.ledger)
        _check(all_ended)
        told.set()
        if console.file.isatty():
            say("\nEverything stays up for exploring until Ctrl-C.")
            await asyncio.Event().wait()


async def _tell(stack: Stack, sandbox: StandIns, console: Console) -> list[Ended]:
    async with _http(stack.api_url) as api, _http(sandbox.url) as stand_in:
        shop = await open_shop(stack, api, stand_in)
        watch = Watch(api, stand_in, stack.token)
        rows = await _live_and_watch(shop, watch, console)
        messages = await watch.messages()
    return [Ended(row.story, row.journey, messages.get(row.story.phone, [])) for row in rows]


def _http(url: str) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=url, timeout=_TIMEOUT_SECONDS, trust_env=False)


async def _live_and_watch(shop: Shop, watch: Watch, console: Console) -> Sequence[Row]:
    """Let all customers do what they do, until every journey is closed or it takes too long."""
    loop = asyncio.get_running_loop()
    give_up_at = loop.time() + TOLD_WITHIN.total_seconds()
    lives = asyncio.gather(*(shop.live(story) for story in STORIES))
    try:
        with screen(console) as display:
            while True:
                rows = await _look(shop, watch)
                display.show(rows)
                if _over(lives, rows) or loop.time() > give_up_at:
                    return rows
                await asyncio.sleep(_LOOK_EVERY.total_seconds())
    finally:
        lives.cancel()


async def _look(shop: Shop, watch: Watch) -> list[Row]:
    journeys = await asyncio.gather(*(watch.journey(story) for story in STORIES))
    return [
        Row(story, tuple(shop.told[story.customer_id]), journey)
        for story, journey in zip(STORIES, journeys, strict=True)
    ]


def _over(lives: asyncio.Future[list[None]], rows: Sequence[Row]) -> bool:
    """Whether nothing more will happen; raises what kept a customer from going on."""
    if not lives.done():
        return False
    lives.result()
    return all(row.journey is not None and row.journey.stage is Stage.CLOSED for row in rows)


def _check(all_ended: Sequence[Ended]) -> None:
    differences = [each for ended in all_ended for each in ended.differences()]
    if differences:
        raise DifferentEndError("not as it should be:\n" + "\n".join(differences))

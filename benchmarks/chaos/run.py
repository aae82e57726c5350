"""One run: attack the stack while customers come and go, let it get well, collect the evidence."""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from rich.console import Console

from benchmarks.chaos.attack import Attack
from benchmarks.chaos.caller import Caller
from benchmarks.chaos.collect import Reader, Unfinished, open_reader
from benchmarks.chaos.customers import Act, Customer, StoreId, draw_customers
from benchmarks.chaos.evidence import Evidence
from benchmarks.chaos.leaks import contents, leaks_in
from benchmarks.chaos.operator import Operator
from benchmarks.chaos.schedule import Action, Extent, draw_schedule
from benchmarks.chaos.shoppers import Shoppers, event_of
from benchmarks.chaos.stack import AttackedStack, run_stack
from clock import utc_now

ACCEPT_TIMEOUT: Final = 120.0
"""Seconds after the last action in which everything must have been accepted."""

QUESTIONS_AT_ONCE: Final = 10


@dataclass(frozen=True)
class Options:
    """What the command line asks for."""

    extent: Extent
    customers: int
    settle: float
    """Seconds after which every journey must have ended."""


@dataclass(frozen=True)
class Report:
    """What happened."""

    evidence: Evidence
    left: Unfinished
    repeated_calls: int
    gave_up: bool
    """Whether `journeys dev` ended by itself."""


@dataclass(frozen=True)
class ChaosRun:
    """A stack and everyone who deals with it."""

    stack: AttackedStack
    options: Options
    console: Console
    operator: Operator
    attack: Attack
    shoppers: Shoppers
    reader: Reader

    async def run(self) -> Report:
        """Everything but the end of the stack."""
        extent, count = self.options.extent, self.options.customers
        customers = list(draw_customers(extent.seed, count, extent.seconds))
        await self.operator.put_stores()
        await self._suffer(draw_schedule(extent), customers)
        self.console.print("over; waiting until every journey has ended")
        left = await self._recover()
        await self._provoke_errors(customers[0])
        return Report(
            await self._evidence(customers),
            left,
            self.shoppers.caller.repeated,
            self.stack.has_ended,
        )

    async def _suffer(self, schedule: Sequence[Action], customers: Sequence[Customer]) -> None:
        acting = asyncio.create_task(self.shoppers.run(customers))
        await self.attack.run(schedule)
        await asyncio.wait({acting}, timeout=ACCEPT_TIMEOUT)
        acting.cancel()
        for failed in await asyncio.gather(acting, return_exceptions=True):
            if isinstance(failed, Exception):
                raise failed

    async def _recover(self) -> Unfinished:
        await self.stack.wait_until_ready()
        return await self.reader.wait_until_quiet(self.options.settle)

    async def _provoke_errors(self, customer: Customer) -> None:
        """Have the product refuse what has personal data in it."""
        event = event_of(customer, Act.CART, 0, utc_now())
        wrong: list[dict[str, Any]] = [
            {**event, "timestamp": customer.personal["email"]},
            {**event, "customer": {**event["customer"], "phone": [customer.personal["phone"]]}},
            {**event, "organization_id": customer.personal["name"]},
        ]
        path = f"/v1/stores/{StoreId.PLAIN}/events"
        for key in (self.operator.keys[StoreId.PLAIN], self.operator.keys[StoreId.QUIET]):
            for body in wrong:
                headers = {"Authorization": f"Bearer {key}"}
                await self.shoppers.caller.call("POST", path, until=0, headers=headers, json=body)

    async def _evidence(self, customers: Sequence[Customer]) -> Evidence:
        reader = self.reader
        explanations = dict(await self._explanations(customers))
        places = {
            "search attributes": await reader.visible(),
            "/metrics": await reader.metrics(),
            "error answers": b"\n".join(self.shoppers.caller.refusals),
            **contents([*self.stack.logs, *self.stack.temporal_files]),
        }
        return Evidence(
            customers=customers,
            answered=self.shoppers.answered,
            pauses=self.operator.pauses,
            disturbances=self.attack.done,
            received=await reader.received(),
            ledger=await reader.ledger(),
            inbox=await reader.inbox(),
            journeys=await reader.journeys(),
            open_workflows=await reader.open_workflows(),
            explanations=explanations,
            leaks=list(leaks_in(places, self.operator.keys.values())),
        )

    async def _explanations(
        self, customers: Sequence[Customer]
    ) -> Iterator[tuple[str, dict[str, Any] | None]]:
        at_once = asyncio.Semaphore(QUESTIONS_AT_ONCE)

        async def explain(customer: Customer) -> tuple[str, dict[str, Any] | None]:
            async with at_once:
                return customer.customer_id, await self.operator.explanation(customer)

        return iter(await asyncio.gather(*map(explain, customers)))


async def run_chaos(folder: Path, options: Options, console: Console) -> Report:
    """Run everything in a folder, which keeps the logs.

    Raises:
        NoPostgresqlError: it is asked for, and not installed.
        TimeoutError: the stack does not start, or does not get well again.
    """
    async with AsyncExitStack() as exits:
        on_postgresql = options.extent.database_is_a_process
        stack = await exits.enter_async_context(run_stack(folder, on_postgresql=on_postgresql))
        caller = Caller(stack.api)
        operator = Operator(caller, stack.stand_ins)
        run = ChaosRun(
            stack,
            options,
            console,
            operator,
            Attack(stack, operator),
            Shoppers(caller, operator),
            await open_reader(stack, exits),
        )
        async with asyncio.timeout(longest(options).total_seconds()):
            return await run.run()


def longest(options: Options) -> timedelta:
    """When a run is given up as a whole."""
    return timedelta(seconds=options.extent.seconds + options.settle + 2 * ACCEPT_TIMEOUT + 120)

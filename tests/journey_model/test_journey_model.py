"""Events in any order and lateness, answers, clocks, deaths: never a wrong message, always an end.

`pytest tests/journey_model --hypothesis-profile=thorough` tries thousands of cases, other ones each
time. A failure prints the steps that lead to it, and a line to repeat it by.
"""

import asyncio
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import event, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from storage import stores
from storage.database import Database
from tests.databases import copy_of
from tests.journey_model.spec import INTENT
from tests.journey_model.world import FAILURES, World, configuration
from tests.outages import outages
from tests.storage.builders import NOW, STORE

pytestmark = pytest.mark.slow

MEMORY = Path("/dev/shm")
CASES = 40 if settings().derandomize else settings().max_examples
"""Few where they are the same each time."""

LAST_ROUNDS = 400
"""More than any journey of these cases takes to its end."""

kinds = st.sampled_from(["cart_update", *INTENT, "order_placed"])
lateness = st.integers(-5, 60).map(lambda minutes: timedelta(minutes=minutes))
spans = st.sampled_from([1, 5, 14, 15, 16, 30, 31, 120, 180, 600])
rarely = st.integers(0, 3).map(lambda number: number == 3)
answers = st.sampled_from([*["accepted"] * 6, *FAILURES])
deaths = st.one_of(st.none(), st.integers(1, 40))


class JourneyMachine(RuleBasedStateMachine):
    """One customer, from the first event to the end of the last journey."""

    migrated: Path

    def __init__(self) -> None:
        super().__init__()
        self._runner = asyncio.Runner()
        self._folder = TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None)
        self._outages = outages()

    @initialize(kind=st.sampled_from(["cart_update", "product_view"]), answer=answers)
    def begin(self, kind: str, answer: str) -> None:
        url = copy_of(self.migrated, Path(self._folder.name))
        self.database = Database(url)
        self._run(self._put_store())
        self.world = World(self.database, self._outages.__enter__())
        self._module = self.world.temporal.as_workflow_module()
        self._module.__enter__()
        self.world.answer = answer
        self._run(self.world.post(kind, timedelta(0)))

    async def _put_store(self) -> None:
        async with self.database.transaction() as connection:
            await stores.put(connection, STORE, configuration(), NOW)

    def _run(self, work: Any) -> None:
        self._runner.run(work)

    # What happens outside

    @rule(kind=kinds, late=lateness)
    def post(self, kind: str, late: timedelta) -> None:
        self._run(self.world.post(kind, late))

    @rule(kind=kinds, late=lateness, when=st.sampled_from(["before", "after"]))
    def post_while_temporal_is_away(self, kind: str, late: timedelta, when: str) -> None:
        self.world.temporal.fails = when
        self._run(self.world.post(kind, late))

    @precondition(lambda self: self.world.bodies)
    @rule(which=st.integers(0, 9))
    def post_again(self, which: int) -> None:
        self._run(self.world.repost(which % len(self.world.bodies)))

    @rule(what=st.sampled_from(["pause", "resume", "exit", "stop", "order", "cart"]), rarely=rarely)
    def something_ends_or_holds_it(self, what: str, *, rarely: bool) -> None:
        """An operator, the customer's STOP, or what the partner alone knows."""
        world = self.world
        if what == "pause":
            self._run(world.pause())
        elif what == "resume" or not rarely:
            self._run(world.resume())
        elif what == "exit":
            self._run(world.exit())
        elif what == "stop":
            self._run(world.stop())
        else:
            world.partner_learns("order_placed" if what == "order" else "cart_update")

    @rule(down=rarely)
    def partner_goes(self, *, down: bool) -> None:
        self.world.partner_goes(down=down)

    @rule(answer=answers)
    def meta_answers(self, answer: str) -> None:
        self.world.answer = answer

    # What the product does

    @rule(minutes=spans)
    def pass_time(self, minutes: int) -> None:
        self._run(self.world.pass_time(timedelta(minutes=minutes)))

    @rule(dies_at=deaths)
    def work(self, dies_at: int | None) -> None:
        self._run(self.world.work(dies_at))

    @rule(minutes=spans, times=st.integers(1, 4))
    def live(self, minutes: int, times: int) -> None:
        """Time passes, and everything works."""
        for _ in range(times):
            self._run(self._live(timedelta(minutes=minutes)))

    async def _live(self, time: timedelta) -> None:
        await self.world.pass_time(time)
        await self.world.sweep()
        await self.world.work()

    @rule(minutes=st.sampled_from([15, 30, 60]))
    def live_on(self, minutes: int) -> None:
        for _ in range(4):
            self._run(self._live(timedelta(minutes=minutes)))

    @rule()
    def history_grows_long(self) -> None:
        self.world.temporal.suggests_new_run = True

    # What must hold

    @invariant()
    def no_message_is_wrong(self) -> None:
        if hasattr(self, "world"):
            assert self.world.wrong == []

    def teardown(self) -> None:
        try:
            if hasattr(self, "world"):
                self._run(self._end())
        finally:
            self._close()

    async def _end(self) -> None:
        """Everything is well again: every event is delivered, and every journey ends."""
        world = self.world
        await world.resume()
        world.partner_goes(down=False)
        world.answer, world.temporal.fails = "accepted", ""
        for _ in range(LAST_ROUNDS):
            await world.sweep()
            await world.work()
            wake = world.temporal.next_wake()
            if world.temporal.run is None and not await world.undelivered():
                break
            later = timedelta(minutes=1) if wake is None else wake - world.temporal.now
            await world.pass_time(max(later, timedelta(seconds=1)))
        event(f"requests to Meta: {min(len(world.spec.requests), 4)}")
        event(f"journeys: {min(await world.count_journeys(), 4)}")
        assert world.wrong == []
        assert world.temporal.run is None, "a journey never ends"
        assert await world.undelivered() == 0, "an event was never delivered"

    def _close(self) -> None:
        if hasattr(self, "world"):
            self._module.__exit__(None, None, None)
            self._outages.__exit__(None, None, None)
            self._run(self.world.http.aclose())
            self._run(self.database.close())
        self._runner.close()
        self._folder.cleanup()


@pytest.fixture(autouse=True)
def _migrated(migrated_sqlite: Path) -> None:
    JourneyMachine.migrated = migrated_sqlite


TestJourney = JourneyMachine.TestCase
TestJourney.settings = settings(max_examples=CASES, stateful_step_count=25)

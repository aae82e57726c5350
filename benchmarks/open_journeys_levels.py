"""Measuring the product with more and more open journeys."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from benchmarks.database_size import database_bytes
from benchmarks.ingest_run import Ingest, load_plan, post_plan
from benchmarks.installation import Installation, RunningProduct
from benchmarks.journeys_waiting import wait_until_waiting
from benchmarks.measure.memory import KIB, MIB, memory_of, sqlite_bytes
from benchmarks.measure.results import Case, Figure, processor_figures, ratio

CONNECTIONS: Final = 8
MAX_WAIT: Final = timedelta(hours=1)
WARM_UP_JOURNEYS: Final = 40
CONFIG: Final[dict[str, Any]] = {
    "buffer": "1s",
    "plans": {"cart_update": [{"after": "23h", "template": "reminder", "language": "en"}]},
}


@dataclass(frozen=True)
class Sizes:
    """Bytes of what grows with open journeys."""

    temporal_disk: int
    temporal_memory: int
    database: int

    def grown(self, before: "Sizes", journeys: int) -> list[Figure]:
        """How much each journey added."""
        grown = {
            "Temporal, disk": self.temporal_disk - before.temporal_disk,
            "Temporal, memory": self.temporal_memory - before.temporal_memory,
            "database": self.database - before.database,
        }
        return [
            Figure(name=name, value=size / KIB / journeys, unit="KiB per journey")
            for name, size in grown.items()
        ]


class Levels:
    """One installation whose open journeys only become more."""

    def __init__(self, installation: Installation, more: int) -> None:
        """Compare the cost of `more` customers at each level."""
        self._installation = installation
        self._more = more
        self._open = 0
        self._stores = 0
        self._began: tuple[Sizes, int] | None = None
        self._reference: float | None = None

    async def measure(self, count: int) -> Case:
        """Have so many journeys open, and measure."""
        async with self._installation.product() as product:
            await self._add(product, max(count - self._open, WARM_UP_JOURNEYS))
            figures = [*self._growth(), *_memory(product, "as it has become")]
        async with self._installation.product() as product:
            started = product.started
            figures += _memory(product, "after a start")
            figures += await self._cost_of_more(product)
        seconds = {"API answers after": started.api, "worker polls after": started.workers}
        start = [Figure(name=each, value=value, unit="s") for each, value in seconds.items()]
        name = f"{self._installation.database.name}, {count} open"
        return Case(name=name, figures=[*start, *figures])

    def _growth(self) -> list[Figure]:
        temporal = self._installation.temporal
        sizes = Sizes(
            temporal_disk=sqlite_bytes(temporal.file),
            temporal_memory=memory_of([temporal.pid]),
            database=database_bytes(self._installation.database.url),
        )
        memory = Figure(name="Temporal, memory", value=sizes.temporal_memory / MIB, unit="MiB")
        if self._began is None:
            self._began = (sizes, self._open)
            return [memory]
        before, open_before = self._began
        return [memory, *sizes.grown(before, self._open - open_before)]

    async def _cost_of_more(self, product: RunningProduct) -> list[Figure]:
        await self._add(product, WARM_UP_JOURNEYS)
        await self._add(product, self._more)
        processor = product.meter.seconds()
        cost = sum(processor.values())
        self._reference = self._reference or cost
        return [
            *processor_figures(processor, self._more, "more journey"),
            ratio("processor of one more / with none open", cost, self._reference),
        ]

    async def _add(self, product: RunningProduct, count: int) -> None:
        """Have more journeys open, of a store of their own; wait until they wait."""
        self._stores += 1
        store_id = f"store-{self._stores}"
        store = await product.add_store(store_id, **CONFIG)
        plan = load_plan(product, store, Ingest(CONNECTIONS, count, events=1))
        posted = (await post_plan(product, store_id, plan)).answers.accepted
        self._open += posted
        client = self._installation.temporal.client
        await wait_until_waiting(client, store_id, posted, MAX_WAIT)


def _memory(product: RunningProduct, when: str) -> list[Figure]:
    memory = {"API": memory_of([product.api.pid]), "worker": memory_of(product.worker_pids)}
    return [
        Figure(name=f"{part}, memory {when}", value=size / MIB, unit="MiB")
        for part, size in memory.items()
    ]

"""What open journeys cost while they wait: `python -m benchmarks.open_journeys [--full]`.

First none, then 1,000 journeys are open (with `--full` 10,000 and 50,000 too), each of a customer
of its own who posted one event; they have passed their buffer and wait for their message. At each
of these numbers, by journey: the disk and memory of Temporal, and the database's size, less what
they were with none. Of API and worker: their memory as it has become, their memory after a new
start, and how long that start takes. Then a hundred more customers post an event each; the
processor time until their journeys wait, too, is compared with that at none open, the reference.
"""

from argparse import Namespace

from benchmarks.databases import BenchmarkDatabase
from benchmarks.installation import open_installation
from benchmarks.measure.command import Command
from benchmarks.measure.results import Case
from benchmarks.open_journeys_levels import Levels


def command() -> Command:
    """The command line."""
    open_journeys = Command("open_journeys", __doc__)
    open_journeys.parser.add_argument(
        "--open", type=int, nargs="+", metavar="N", help="ascending; 1000, or with --full more"
    )
    open_journeys.number("--more", small=100, full=200, meaning="customers whose cost is compared")
    return open_journeys


async def measure(database: BenchmarkDatabase, arguments: Namespace) -> list[Case]:
    """Measure on one database."""
    counts = arguments.open or ([1000, 10_000, 50_000] if arguments.full else [1000])
    async with open_installation(database) as installation:
        levels = Levels(installation, arguments.more)
        return [await levels.measure(count) for count in (0, *counts)]


if __name__ == "__main__":
    command().run(measure)

import os
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.measure.meter import Meter, PostgresqlDatabase, ProcessTrees
from benchmarks.measure.processor_time import (
    CLOCK_TICKS,
    ProcessStat,
    all_stats,
    parse_stat,
    postgresql_backends,
    tree,
    tree_seconds,
)

TITLE = "postgres: 15/main: postgres shop 127.0.0.1(4711) idle"


def stat_line(pid: int, name: str = "python", parent: int = 1, ticks: int = 0) -> str:
    """A line of `/proc/PID/stat` whose four times are `ticks` each."""
    unused = " ".join(["0"] * 9)
    return f"{pid} ({name}) S {parent} {unused} {ticks} {ticks} {ticks} {ticks} 20 0 1 0 99"


def write_process(proc: Path, pid: int, title: str, ticks: int) -> None:
    folder = proc / str(pid)
    folder.mkdir(exist_ok=True)
    (folder / "stat").write_text(stat_line(pid, ticks=ticks))
    (folder / "cmdline").write_text(title.replace(" ", "\0"))


@pytest.mark.parametrize("name", ["python", "a b", "tricky) S 7 (", "((()"])
def test_a_process_is_read_whatever_its_name_is(name: str) -> None:
    assert parse_stat(stat_line(42, name, parent=7, ticks=5)) == ProcessStat(
        42, 7, 20 / CLOCK_TICKS
    )


def test_a_tree_has_grandchildren_and_nothing_else() -> None:
    parents = {1: 0, 2: 1, 3: 2, 4: 1, 5: 3}
    stats = {pid: ProcessStat(pid, parent, 1.0) for pid, parent in parents.items()}

    assert sorted(tree(stats, 2)) == [2, 3, 5]
    assert tree_seconds(stats, 2) == 3.0


def test_a_process_that_ended_has_no_tree() -> None:
    assert tree_seconds({1: ProcessStat(1, 0, 1.0)}, 99) == 0


def test_backends_are_those_of_one_database(tmp_path: Path) -> None:
    write_process(tmp_path, 10, TITLE, 1)
    write_process(tmp_path, 11, TITLE.replace("shop", "shop2"), 1)
    write_process(tmp_path, 12, "psql shop", 1)

    assert postgresql_backends("shop", tmp_path) == [10]


def test_a_process_that_ends_meanwhile_is_left_out(tmp_path: Path) -> None:
    write_process(tmp_path, 10, TITLE, 1)
    (tmp_path / "11").mkdir()

    assert list(all_stats(tmp_path)) == [10]


def test_a_backend_that_ended_still_counts(tmp_path: Path) -> None:
    write_process(tmp_path, 10, TITLE, CLOCK_TICKS)
    database = PostgresqlDatabase("shop", tmp_path)
    meter = Meter({"database": database})
    write_process(tmp_path, 10, TITLE, 2 * CLOCK_TICKS)
    database.seconds()
    (tmp_path / "10" / "cmdline").write_text("")
    write_process(tmp_path, 11, TITLE, CLOCK_TICKS)

    assert meter.seconds() == {"database": 8.0}


def test_a_child_counts_as_its_parents_tree() -> None:
    busy = "sum(range(10**7)); print(flush=True); input()"
    with subprocess.Popen(
        (sys.executable, "-c", busy), stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as child:
        assert child.stdout
        child.stdout.readline()
        assert 0 < ProcessTrees([child.pid]).seconds() <= ProcessTrees([os.getpid()]).seconds()
        child.communicate(b"\n")

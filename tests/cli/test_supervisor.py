import asyncio
import itertools
import os
import signal
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from cli import restart_policy
from cli import supervisor as supervisor_module
from cli.child import Program
from cli.errors import ChildFailedError, Interrupted
from cli.supervisor import Supervisor

pytestmark = pytest.mark.slow

SLEEP = "import time; time.sleep(60)"
STUBBORN = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up'); {SLEEP}"


def program(directory: Path, code: str, name: str = "child") -> Program:
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    log = directory / f"{name}.log"
    return Program(name, (sys.executable, "-c", code), environment, log)


async def eventually(holds: Callable[[], bool]) -> None:
    while not holds():  # noqa: ASYNC110  # another process's state
        await asyncio.sleep(0.02)


async def run_until_interrupted(*programs: Program) -> None:
    async with asyncio.timeout(20), Supervisor(ignore) as supervisor:
        for each in programs:
            await supervisor.start(each)
        await asyncio.Event().wait()


def ignore(_line: str) -> None:
    """For tests that do not read the output."""


def is_up(child: Program) -> bool:
    return "up" in written_by(child)


def written_by(child: Program) -> str:
    assert child.log is not None
    return child.log.read_text(encoding="utf-8")


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


async def test_a_killed_child_is_started_again(tmp_path: Path) -> None:
    lines: list[str] = []
    async with asyncio.timeout(20), Supervisor(lines.append) as supervisor:
        await supervisor.start(program(tmp_path, SLEEP))
        killed = supervisor.pid("child")
        os.kill(killed, signal.SIGKILL)
        await eventually(lambda: supervisor.pid("child") != killed)
        second = supervisor.pid("child")

    assert "child ended unexpectedly (SIGKILL); starting it again" in lines
    assert not is_alive(second)


async def test_a_child_that_dies_at_every_start_ends_everything_with_the_end_of_its_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(restart_policy, "FIRST_PAUSE", timedelta(milliseconds=1))
    dying = program(tmp_path, "print('address already in use'); exit(3)", "dying")

    healthy = program(tmp_path, "import os; print(os.getpid()); " + SLEEP, "healthy")

    with pytest.raises(ChildFailedError, match=r"exit code 3[\s\S]*address already in use"):
        await run_until_interrupted(healthy, dying)

    assert not is_alive(int(written_by(healthy)))


async def test_a_child_whose_deaths_are_spread_out_is_always_started_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(restart_policy, "FIRST_PAUSE", timedelta(milliseconds=1))
    clock = itertools.count(step=restart_policy.DEATH_WINDOW.seconds)
    lines: list[str] = []
    async with asyncio.timeout(20), Supervisor(lines.append, lambda: next(clock)) as supervisor:
        await supervisor.start(program(tmp_path, "exit(3)"))
        await eventually(lambda: len(lines) > restart_policy.MAX_DEATHS + 2)

    assert set(lines) == {
        "child ended unexpectedly (exit code 3); starting it again",
        "stopping",
    }


async def test_a_child_that_ignores_sigterm_is_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor_module, "STOP_TIMEOUT", timedelta(seconds=0.5))
    stubborn = program(tmp_path, STUBBORN)
    async with asyncio.timeout(20), Supervisor(ignore) as supervisor:
        await supervisor.start(stubborn)
        pid = supervisor.pid("child")
        await eventually(lambda: is_up(stubborn))

    assert not is_alive(pid)


async def test_with_a_grace_all_of_them_end_at_once(tmp_path: Path) -> None:
    code = (
        "import signal, time\n"
        "signal.signal(signal.SIGTERM, lambda *_: (time.sleep(1), exit()))\n"
        "print('up')\n"
        "while True: signal.pause()\n"
    )
    grace = timedelta(seconds=15)
    async with asyncio.timeout(30), Supervisor(ignore, grace=grace) as supervisor:
        for name in ("first", "second", "third"):
            child = program(tmp_path, code, name)
            await supervisor.start(child)
            await eventually(partial(is_up, child))
        began = time.monotonic()

    assert 1 <= time.monotonic() - began < 3


async def test_the_last_started_ends_first(tmp_path: Path) -> None:
    order = tmp_path / "order"
    code = (
        "import signal, sys\n"
        "def end(*_):\n"
        f"    open({str(order)!r}, 'a').write(NAME + ' ')\n"
        "    sys.exit()\n"
        "signal.signal(signal.SIGTERM, end)\n"
        "print('up')\n"
        "while True: signal.pause()\n"
    )
    async with asyncio.timeout(20), Supervisor(ignore) as supervisor:
        for name in ("Temporal", "worker", "API"):
            child = program(tmp_path, f"NAME = {name!r}\n{code}", name)
            await supervisor.start(child)
            await eventually(partial(is_up, child))

    assert order.read_text(encoding="utf-8").split() == ["API", "worker", "Temporal"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_interrupts_the_block(tmp_path: Path, number: signal.Signals) -> None:
    asyncio.get_running_loop().call_later(0.2, os.kill, os.getpid(), number)

    with pytest.raises(Interrupted) as interrupted:
        await run_until_interrupted(program(tmp_path, SLEEP))

    assert interrupted.value.exit_code == 128 + number

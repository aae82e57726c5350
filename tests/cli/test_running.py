import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from cli import running
from cli.errors import CommandError, NotReadyError
from cli.ports import free_port
from cli.running import run_stack
from settings import Settings
from tests.cli.processes import HOST


def settings(data_dir: Path) -> Settings:
    return Settings(
        data_dir=data_dir,
        api_port=free_port(HOST),
        temporal_port=free_port(HOST),
        temporal_ui_port=free_port(HOST),
    )


def ignore(_line: str) -> None:
    """For tests that do not read the output."""


async def start(data_dir: Path) -> None:
    async with asyncio.timeout(60), run_stack(settings(data_dir), ignore):
        pass


@pytest.mark.slow
async def test_a_stack_that_does_not_get_ready_says_what_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "READY_TIMEOUT", timedelta(milliseconds=1))

    with pytest.raises(NotReadyError, match=r"the API does not answer[\s\S]*logs/worker.log"):
        await start(tmp_path)


async def test_a_data_dir_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(CommandError, match="DATA_DIR cannot be used"):
        await start(tmp_path / "file")

import subprocess
import sys
from pathlib import Path

import pytest

from cli.ports import free_port
from tests.cli.processes import HOST, ROOT, environment, eventually


@pytest.mark.slow
def test_a_worker_that_waits_for_temporal_ends_on_sigterm(tmp_path: Path) -> None:
    env = environment(tmp_path, TEMPORAL_ADDRESS=f"{HOST}:{free_port(HOST)}")
    log = tmp_path / "worker.log"
    with (
        log.open("wb") as sink,
        subprocess.Popen(
            [sys.executable, "-m", "worker"],
            env=env,
            cwd=ROOT,
            stdout=sink,
            stderr=subprocess.STDOUT,
        ) as worker,
    ):
        try:
            assert eventually(lambda: b"waiting for Temporal" in log.read_bytes(), 20)
            worker.terminate()

            assert worker.wait(5) == 0
        finally:
            worker.kill()

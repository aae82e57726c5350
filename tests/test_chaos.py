"""Whatever is killed, and whenever: nothing accepted is lost, and nobody is messaged wrongly.

A short run of `python -m benchmarks.chaos`, with the whole stack as processes. `make chaos` runs
long ones.
"""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SHORT = ("--seconds", "15", "--kills", "5", "--customers", "44")
TIMEOUT = 400

pytestmark = pytest.mark.slow


def test_what_was_promised_holds_though_everything_dies() -> None:
    run = subprocess.run(
        [sys.executable, "-m", "benchmarks.chaos", "--seed", "1", *SHORT],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=TIMEOUT,
    )

    assert run.returncode == 0, run.stdout + run.stderr
    assert "every invariant holds" in run.stdout

"""What the log shows of an exception, wherever it is logged."""

from collections.abc import Iterator

import pytest
import structlog

from operations.logs import keep_values_out_of_logs

CANARY = "+919876543210"


@pytest.fixture(autouse=True)
def configured() -> Iterator[None]:
    before = structlog.get_config()
    keep_values_out_of_logs()
    yield
    structlog.configure(**before)


def fail(number: str) -> None:
    raise ValueError(number)


def test_an_exception_is_logged_by_type_and_places_alone(
    capsys: pytest.CaptureFixture[str],
) -> None:
    try:
        fail(CANARY)
    except ValueError:
        structlog.get_logger().exception("it failed", count=3)

    logged = "".join(capsys.readouterr())
    assert "it failed" in logged
    assert "count" in logged
    assert "ValueError" in logged
    assert "test_logs.py:" in logged
    assert CANARY not in logged


def test_a_line_without_an_exception_is_as_before(capsys: pytest.CaptureFixture[str]) -> None:
    structlog.get_logger().info("store paused", store_id="denim-co")

    assert "store paused" in capsys.readouterr().out

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from benchmarks.measure.command import Command
from benchmarks.measure.machine import this_machine
from benchmarks.measure.plots import draw
from benchmarks.measure.results import (
    MAX_POINTS,
    Case,
    Curve,
    Figure,
    Result,
    cumulative,
    milliseconds,
    processor_figures,
    ratio,
    written,
)

PNG = b"\x89PNG\r\n"


def result(*cases: Case) -> Result:
    return Result(
        benchmark="ingest",
        description="Events in.",
        parameters={"customers": "400"},
        began_at=datetime(2026, 11, 30, tzinfo=UTC),
        seconds=1.5,
        machine=this_machine(),
        cases=list(cases),
        axes=("seconds", "events"),
    )


SQLITE = Case(
    name="SQLite",
    figures=[Figure(name="rate", value=50, unit="events/s"), ratio("rate / bare", 50, 200)],
    curves=[Curve(name="delivered", points=[(0.1, 1.0), (0.2, 2.0)])],
)
POSTGRESQL = Case(
    name="PostgreSQL",
    figures=[
        Figure(name="rate", value=60, unit="events/s"),
        Figure(name="database", value=1, unit="ms"),
    ],
)


def test_a_ratio_is_how_many_times_the_reference_a_value_is() -> None:
    assert ratio("rate / bare", 50, 200).value == 0.25


def test_a_ratio_without_a_reference_is_zero() -> None:
    assert ratio("rate / bare", 50, 0).value == 0


def test_percentiles_are_in_milliseconds() -> None:
    figures = milliseconds("answered after", [each / 1000 for each in range(1000)])

    assert {figure.name: round(figure.value) for figure in figures} == {
        "answered after p50": 500,
        "answered after p99": 990,
        "answered after longest": 999,
    }


@pytest.mark.parametrize(
    ("value", "text"), [(0.118712, "0.1187"), (37.05, "37.05"), (37_200.4, "37,200"), (0, "0")]
)
def test_a_value_is_written_for_people(value: float, text: str) -> None:
    assert written(value) == text


def test_nothing_measured_has_no_percentiles() -> None:
    assert [figure.value for figure in milliseconds("answered after", [])] == [0]


def test_processor_time_is_per_unit_of_work() -> None:
    (figure,) = processor_figures({"API": 1.0}, 500, "event")

    assert (figure.value, figure.unit) == (2.0, "ms per event")


def test_a_curve_of_very_many_has_few_points_and_the_last() -> None:
    curve = cumulative("delivered", [each / 10 for each in range(10_001)])

    assert len(curve.points) <= MAX_POINTS + 2
    assert curve.points[-1] == (1000.0, 10_001.0)


def test_a_case_knows_its_figures_by_name() -> None:
    assert SQLITE.value("rate") == 50
    with pytest.raises(KeyError):
        SQLITE.value("unknown")


def test_a_result_is_written_as_json_in_a_new_folder(tmp_path: Path) -> None:
    path = result(SQLITE).write(tmp_path / "new")

    assert Result.read(tmp_path / "new", "ingest") == result(SQLITE)
    assert json.loads(path.read_text())["machine"]["processors"] >= 1


def test_the_ratios_of_a_result_name_their_cases() -> None:
    ratios = result(SQLITE, POSTGRESQL).ratios()

    assert [(name, figure.name) for name, figure in ratios] == [("SQLite", "rate / bare")]


@pytest.mark.parametrize("cases", [(SQLITE, POSTGRESQL), (POSTGRESQL,)])
def test_a_picture_is_drawn_beside_the_json(tmp_path: Path, cases: tuple[Case, ...]) -> None:
    path = draw(result(*cases), tmp_path)

    assert path == tmp_path / "ingest.png"
    assert path.read_bytes().startswith(PNG)


def test_numbers_are_larger_with_full_unless_they_are_given() -> None:
    command = Command("ingest", None)
    command.number("--customers", small=4, full=400, meaning="who post")

    assert command.parse([]).customers == 4
    assert command.parse(["--full"]).customers == 400
    assert command.parse(["--full", "--customers", "7"]).customers == 7

"""What foreign libraries computed: see fixtures/make.py, which records it again."""

import json
from pathlib import Path
from typing import Any

from domain.experiments.summary import ArmSummary

FIXTURES = Path(__file__).parent / "fixtures"


def recorded(library: str) -> Any:
    return json.loads((FIXTURES / f"{library}.json").read_text(encoding="utf-8"))


def arm(sums: dict[str, float]) -> ArmSummary:
    return ArmSummary.of_sums(int(sums["shoppers"]), sums["total"], sums["total_of_squares"])

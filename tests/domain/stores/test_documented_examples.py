"""The examples of `docs/results.md` and `docs/stores.md` that are parts of a configuration."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from domain.experiments.design import designs_of
from domain.stores.config import StoreConfig
from tests.storage.builders import a_config

DOCS = Path(__file__).parents[3] / "docs"
KEYS = StoreConfig.model_fields.keys()


def parts_of_configurations(name: str) -> list[dict[str, Any]]:
    """The blocks that begin with a key of a configuration, which they leave the braces of out."""
    text = (DOCS / name).read_text(encoding="utf-8")
    blocks = re.findall(r"^```json\n(\".*?)^```$", text, re.DOTALL | re.MULTILINE)
    parsed = [json.loads(f"{{{block}}}") for block in blocks]
    return [each for each in parsed if each.keys() <= KEYS]


@pytest.mark.parametrize(("name", "count"), [("results.md", 1), ("stores.md", 1)])
def test_examples_are_valid(name: str, count: int) -> None:
    examples = parts_of_configurations(name)
    assert len(examples) == count
    for each in examples:
        assert a_config(**each)


def test_the_example_of_an_experiment_begins_two() -> None:
    (example,) = parts_of_configurations("results.md")
    designs = designs_of(a_config(**example))
    assert {kind: each.holdout for kind, each in designs.items()} == {
        "cart_update": 0.2,
        "product_view": 0.2,
    }
    assert not designs["cart_update"].timing
    assert designs["cart_update"].shares_at_claim()["coupon"] == pytest.approx(0.8 * 2 / 3)

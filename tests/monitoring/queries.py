"""The queries of `docs/monitoring`, and which metrics and labels they name."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

MONITORING = Path(__file__).parents[2] / "docs" / "monitoring"
ALERTS_FILE = MONITORING / "alerts.yml"
DASHBOARD_FILE = MONITORING / "dashboard.json"

_SELECTOR = re.compile(r"\b((?:comeback|temporal)_\w+)(?:\{([^}]*)\})?")
_MATCHER = re.compile(r"(\w+)\s*(?:=~|!~|!=|=)")
_GROUPING = re.compile(r"\bby \(([^)]*)\)")


@dataclass(frozen=True)
class Query:
    """An expression of PromQL."""

    title: str
    expression: str

    @property
    def metrics(self) -> set[str]:
        return {name for name, _ in _SELECTOR.findall(self.expression)}

    def labels_of(self, metric: str) -> set[str]:
        """The labels by which this metric is selected."""
        selected = _SELECTOR.findall(self.expression)
        matchers = [inside for name, inside in selected if name == metric]
        return {label for inside in matchers for label in _MATCHER.findall(inside)}

    @property
    def grouped_by(self) -> set[str]:
        lists = _GROUPING.findall(self.expression)
        return {label.strip() for labels in lists for label in labels.split(",")}


def rules() -> list[dict[str, Any]]:
    groups = yaml.safe_load(ALERTS_FILE.read_text())["groups"]
    return [rule for group in groups for rule in group["rules"]]


def queries() -> list[Query]:
    """Of all alerts, and of all panels."""
    return [*_of_alerts(), *_of_panels()]


def _of_alerts() -> Iterator[Query]:
    for rule in rules():
        yield Query(rule["alert"], rule["expr"])


def _of_panels() -> Iterator[Query]:
    for panel in json.loads(DASHBOARD_FILE.read_text())["panels"]:
        for target in panel["targets"]:
            yield Query(panel["title"], target["expr"])

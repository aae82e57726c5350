"""The alerts and the dashboard, as files."""

import json
import re
import shutil
import subprocess

import pytest

from tests.monitoring.queries import ALERTS_FILE, DASHBOARD_FILE, MONITORING, Query, rules


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule["alert"])
def test_an_alert_says_how_bad_it_is_and_what_to_do(rule: dict[str, dict[str, str]]) -> None:
    headings = re.findall(r"^### (\w+)$", (MONITORING / "README.md").read_text(), re.MULTILINE)
    anchors = {f"docs/monitoring/README.md#{heading.lower()}" for heading in headings}

    assert rule["labels"]["severity"] in {"warning", "critical"}
    assert rule["annotations"]["summary"]
    assert rule["annotations"]["description"]
    assert rule["annotations"]["runbook_url"] in anchors


def test_every_section_is_about_an_alert() -> None:
    headings = re.findall(r"^### (\w+)$", (MONITORING / "README.md").read_text(), re.MULTILINE)

    assert headings == [rule["alert"] for rule in rules()]


def test_alerts_pass_prometheus_own_check() -> None:
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("promtool is not installed; on Debian it is in the package prometheus")
    checked = subprocess.run(
        [promtool, "check", "rules", str(ALERTS_FILE)], capture_output=True, text=True, check=False
    )

    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_panels_have_their_place_and_no_place_has_two() -> None:
    panels = json.loads(DASHBOARD_FILE.read_text())["panels"]

    assert len({panel["id"] for panel in panels}) == len(panels)
    assert len({(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in panels}) == len(panels)


def test_a_query_names_its_metrics_and_labels() -> None:
    query = Query("", 'sum by (le, kind) (rate(comeback_a_total{x="1",y=~"b|c"}[5m])) / temporal_b')

    assert query.metrics == {"comeback_a_total", "temporal_b"}
    assert query.labels_of("comeback_a_total") == {"x", "y"}
    assert query.labels_of("temporal_b") == set()
    assert query.grouped_by == {"le", "kind"}

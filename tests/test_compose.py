"""What deploys the program fits it and itself; no engine is needed to see that."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from cli.temporal_server import FAIRNESS
from settings import Settings
from temporal.workers import SHUTDOWN_GRACE

ROOT = Path(__file__).parents[1]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]


class Overlay(yaml.SafeLoader):
    """Reads Compose's `!override` as the value that it stands before."""


def _overriding(loader: yaml.SafeLoader, node: yaml.SequenceNode) -> list[Any]:
    return loader.construct_sequence(node, deep=True)


Overlay.add_constructor("!override", _overriding)
SCALED: dict[str, dict[str, Any]] = yaml.load(
    (ROOT / "docker-compose.scale.yml").read_text(), Overlay
)["services"]
KUBERNETES: dict[tuple[str, str], dict[str, Any]] = {
    (each["kind"], each["metadata"]["name"]): each
    for each in yaml.safe_load_all((ROOT / "docs/deploy/kubernetes.yml").read_text())
}
API, WORKER = (KUBERNETES["Deployment", f"comeback-{name}"]["spec"] for name in ("api", "worker"))
CODEC_ENDPOINT = "${PAYLOAD_KEYS:+http://localhost:8000/codec}"
OF_TEMPORALS_LIBRARY = {"TEMPORAL_ADDRESS", "TEMPORAL_NAMESPACE"}


def test_every_part_that_the_product_needs_is_there() -> None:
    assert set(SERVICES) >= {"postgresql", "temporal", "temporal-ui", "api", "worker"}


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_waits_for_what_can_be_waited_for(name: str) -> None:
    for other, how in SERVICES[name].get("depends_on", {}).items():
        condition = how["condition"]
        assert other in SERVICES
        if condition == "service_healthy":
            assert "healthcheck" in SERVICES[other]
        else:
            assert condition == "service_completed_successfully"
            assert SERVICES[other].get("restart", "no") in {"no", "on-failure:10"}


@pytest.mark.parametrize("name", ["postgresql", "temporal", "api", "worker"])
def test_a_service_that_others_need_has_a_health_check(name: str) -> None:
    assert SERVICES[name]["healthcheck"]["test"]


@pytest.mark.parametrize("name", ["api", "worker"])
def test_the_program_knows_every_variable_that_it_is_given(name: str) -> None:
    given = set(SERVICES[name]["environment"])

    known = {field.upper() for field in Settings.model_fields}
    assert given - known == OF_TEMPORALS_LIBRARY
    assert SERVICES[name]["environment"]["DATABASE_URL"].startswith("postgresql+psycopg://")


def test_the_web_ui_asks_the_api_to_decrypt_and_the_api_lets_it() -> None:
    web_ui = SERVICES["temporal-ui"]
    origin = SERVICES["api"]["environment"]["TEMPORAL_UI_ORIGIN"]

    assert web_ui["environment"]["TEMPORAL_CODEC_ENDPOINT"] == CODEC_ENDPOINT
    assert web_ui["environment"]["TEMPORAL_CODEC_INCLUDE_CREDENTIALS"] == "true"
    assert Settings(temporal_ui_origin=origin).temporal_ui_origin == origin
    assert f"127.0.0.1:{origin.rpartition(':')[2]}:8080" in web_ui["ports"]


def test_the_image_has_every_package_that_is_installed() -> None:
    dockerfile = (ROOT / "Dockerfile").read_text()
    rooms = [path.parent.name for path in ROOT.glob("*/__init__.py")]

    for room in set(rooms) - {"tests", "benchmarks"}:
        assert f"COPY {room} {room}" in dockerfile


def test_fairness_is_as_on_the_embedded_server() -> None:
    content = COMPOSE["configs"]["temporal-dynamic-config"]["content"]
    embedded = [each.split("=") for each in FAIRNESS if "=" in each]

    assert yaml.safe_load(content) == {
        name: [{"value": yaml.safe_load(value)}] for name, value in embedded
    }


def test_overlay_multiplies_services_that_are_there() -> None:
    assert set(SCALED) <= set(SERVICES)
    for service in SCALED.values():
        assert service["deploy"]["replicas"]


def test_every_api_of_the_overlay_knows_how_many_share_a_rate() -> None:
    api = SCALED["api"]
    assert api["environment"]["API_PROCESSES"] == api["deploy"]["replicas"]


def test_each_api_of_the_overlay_finds_a_port_of_the_host() -> None:
    [ports] = SCALED["api"]["ports"]
    address, host, container = ports.split(":")
    first, last = map(int, host.split("-"))
    assert (address, first, container) == ("127.0.0.1", 8000, "8000")
    assert last - first + 1 >= 8


@pytest.mark.parametrize("deployment", [API, WORKER])
def test_kubernetes_runs_the_image_with_variables_that_the_program_knows(
    deployment: dict[str, Any],
) -> None:
    [container] = deployment["template"]["spec"]["containers"]
    image, _, version = container["image"].rpartition(":")
    assert f"{image}:${{COMEBACK_VERSION:-{version}}}" == SERVICES["api"]["image"]
    assert deployment["selector"]["matchLabels"] == deployment["template"]["metadata"]["labels"]
    given = {each["name"] for each in container.get("env", [])}
    given |= set(KUBERNETES["ConfigMap", "comeback"]["data"])
    assert given - {field.upper() for field in Settings.model_fields} == OF_TEMPORALS_LIBRARY


def test_kubernetes_gives_workers_as_long_to_stop_as_they_take() -> None:
    grace = WORKER["template"]["spec"]["terminationGracePeriodSeconds"]
    assert grace >= SHUTDOWN_GRACE.total_seconds() + 5


def test_every_api_on_kubernetes_knows_how_many_share_a_rate() -> None:
    assert KUBERNETES["ConfigMap", "comeback"]["data"]["API_PROCESSES"] == str(API["replicas"])

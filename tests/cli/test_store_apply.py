from pathlib import Path

import httpx
import pytest
import yaml

from cli.demo.denim_co import denim_co
from tests.cli.processes import HOST, Journeys, environment, run

pytestmark = pytest.mark.slow


def store_file(directory: Path, **changes: object) -> Path:
    """A file with a store, as an operator writes it."""
    config = {**denim_co("https://partner.example"), "exit_api": None, **changes}
    path = directory / "store.yaml"
    path.write_text(yaml.safe_dump({"store_id": "from-a-file", **config}), encoding="utf-8")
    return path


def test_a_store_is_created_with_a_key_and_replaced_without_one(
    stack: Journeys, tmp_path: Path
) -> None:
    created = run("store", "apply", str(store_file(tmp_path)), env=stack.environment)
    replaced = run(
        "store", "apply", str(store_file(tmp_path, name="Renamed")), env=stack.environment
    )

    assert created.returncode == replaced.returncode == 0, created.stdout + created.stderr
    assert "api_key" in created.stdout
    assert "signing_secret" in created.stdout
    assert "  warning: exit_api: there is none" in created.stdout
    assert "replaced" in replaced.stdout
    assert "api_key" not in replaced.stdout
    assert _named(stack, "from-a-file") == "Renamed"


def test_several_stores_in_one_file_are_all_applied(stack: Journeys, tmp_path: Path) -> None:
    config = {**denim_co("https://partner.example"), "exit_api": None}
    stores = [{**config, "store_id": name, "name": name} for name in ("one", "two")]
    path = tmp_path / "stores.yaml"
    path.write_text(yaml.safe_dump({"stores": stores}), encoding="utf-8")

    applied = run("store", "apply", str(path), "--api-url", stack.api_url, env=stack.environment)

    assert applied.returncode == 0, applied.stdout + applied.stderr
    assert [_named(stack, name) for name in ("one", "two")] == ["one", "two"]


def test_what_is_wrong_is_named_by_its_path(stack: Journeys, tmp_path: Path) -> None:
    path = store_file(tmp_path, timezone="Mars/Olympus", bufer="15m")

    refused = run("store", "apply", str(path), env=stack.environment)

    assert refused.returncode == 1
    assert "timezone: " in refused.stdout
    assert "bufer: " in refused.stdout


def test_a_token_that_the_api_refuses_is_named_as_the_reason(
    stack: Journeys, tmp_path: Path
) -> None:
    env = {**stack.environment, "ADMIN_TOKEN": "another-token-than-the-api-knows"}

    refused = run("store", "apply", str(store_file(tmp_path)), env=env)

    assert refused.returncode == 1
    assert "the API has another admin token" in refused.stderr


def test_an_api_that_does_not_answer_is_named_with_its_address(tmp_path: Path) -> None:
    env = environment(tmp_path, ADMIN_TOKEN="any-token-will-do-for-this")

    refused = run("store", "apply", str(store_file(tmp_path)), env=env)

    assert refused.returncode == 1
    assert f"the API does not answer at http://{HOST}:{env['API_PORT']}" in refused.stderr


def test_without_a_token_the_missing_variable_is_named(tmp_path: Path) -> None:
    refused = run("store", "apply", str(store_file(tmp_path)), env=environment(tmp_path))

    assert refused.returncode == 1
    assert "set ADMIN_TOKEN" in refused.stderr


def _named(stack: Journeys, store_id: str) -> str:
    answer = httpx.get(
        f"{stack.api_url}/v1/stores/{store_id}",
        headers={"Authorization": f"Bearer {stack.token}"},
        trust_env=False,
    )
    return str(answer.raise_for_status().json()["name"])

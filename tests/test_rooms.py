"""The rooms: which may import which, what each may use of other people's code, and no circle."""

import ast
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True)
class Room:
    """What a room's files may import."""

    ours: frozenset[str]
    libraries: frozenset[str] | None = None
    """None: any."""
    every_file: frozenset[str] = frozenset()
    """Of these each file imports one, or it belongs elsewhere."""


def room(ours: str, libraries: str | None = None, every_file: str = "") -> Room:
    allowed = None if libraries is None else frozenset(libraries.split())
    return Room(frozenset(ours.split()), allowed, frozenset(every_file.split()))


BELOW_OPERATIONS = "domain clock partners whatsapp storage activities workflows temporal"
EVERYTHING = f"{BELOW_OPERATIONS} operations ingest settings bootstrap outbound_http"

ROOMS = {
    "domain": room("", "pydantic pydantic_core phonenumbers liquid babel dateutil simplejson"),
    "clock": room("", ""),
    "outbound_http": room("", "httpx aiohttp yarl opentelemetry"),
    "partners": room("domain clock outbound_http", "httpx pydantic standardwebhooks opentelemetry"),
    "whatsapp": room("domain outbound_http", "httpx pydantic pydantic_core opentelemetry"),
    "storage": room("domain", "sqlalchemy alembic pydantic cryptography"),
    "settings": room("storage", "pydantic pydantic_settings sqlalchemy"),
    "activities": room(
        "domain clock partners whatsapp storage",
        "temporalio sqlalchemy structlog prometheus_client",
    ),
    "workflows": room("domain activities", "temporalio"),
    "temporal": room(
        "domain activities workflows",
        "temporalio pydantic structlog cryptography google prometheus_client opentelemetry",
        every_file="temporalio",
    ),
    "operations": room(
        BELOW_OPERATIONS, "pydantic structlog sqlalchemy prometheus_client opentelemetry"
    ),
    "ingest": room(
        f"{BELOW_OPERATIONS} operations",
        "pydantic pydantic_core structlog sqlalchemy prometheus_client",
    ),
    "bootstrap": room(EVERYTHING),
    "pages": room("domain storage operations", "jinja2 markupsafe"),
    "api": room(
        f"{EVERYTHING} pages",
        "fastapi starlette pydantic prometheus_client structlog standardwebhooks sqlalchemy "
        "cryptography uvicorn opentelemetry",
        every_file="fastapi starlette uvicorn logging",
    ),
    "worker": room(EVERYTHING),
    "sandbox": room(""),
    "cli": room(f"{EVERYTHING} sandbox"),
    "benchmarks": room(f"{EVERYTHING} sandbox cli worker"),
}

DOMAIN = {
    "values": set[str](),
    "customers": {"values"},
    "events": {"values"},
    "messages": {"values"},
    "stores": {"values", "customers", "events", "messages"},
    "experiments": {"values", "stores"},
    "results": {"values"},
    "journey": {"values", "customers", "events", "messages", "stores"},
}
"""The packages of `domain/`, and which may import which."""

IO = {"asyncio", "os", "pathlib", "random", "secrets", "socket", "subprocess", "time", "uuid"}
"""What would make a decision depend on more than its arguments."""

BELOW_HTTP = {
    "gate.py",
    "limits.py",
    "refusal_delays.py",
    "transport.py",
}
"""Of `api/`: they know connections or delays alone, and no library of HTTP."""

HTTP_SERVERS = {"api", "sandbox"}
"""Only these may use FastAPI."""


def files_of(name: str) -> list[Path]:
    single = ROOT / f"{name}.py"
    return [single] if single.exists() else sorted((ROOT / name).rglob("*.py"))


def modules_imported(path: Path) -> Iterator[str]:
    """The modules that a file imports, wherever in it."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def packages_imported(path: Path) -> set[str]:
    return {name.partition(".")[0] for name in modules_imported(path)}


def named(path: Path) -> str:
    """A file's module."""
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def all_files() -> list[Path]:
    return [path for name in ROOMS for path in files_of(name)]


def circle(graph: dict[str, set[str]]) -> list[str]:
    """The names on a circle, if there is one."""
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        found: list[str] = error.args[1]
        return found
    return []


@pytest.mark.parametrize("name", ROOMS)
def test_a_room_imports_only_rooms_below_it(name: str) -> None:
    allowed = ROOMS[name].ours | {name}
    wrong = {
        f"{path.relative_to(ROOT)} imports {other}"
        for path in files_of(name)
        for other in packages_imported(path) & {*ROOMS, "tests"} - allowed
    }

    assert files_of(name)
    assert not wrong


@pytest.mark.parametrize("name", [name for name in ROOMS if ROOMS[name].libraries is not None])
def test_a_room_uses_only_the_libraries_of_its_task(name: str) -> None:
    libraries = ROOMS[name].libraries or frozenset()
    known = {*ROOMS, *sys.stdlib_module_names, *libraries}
    used = {
        f"{path.relative_to(ROOT)} imports {other}"
        for path in files_of(name)
        if "migrations" not in path.parts
        for other in packages_imported(path) - known
    }

    assert not used


@pytest.mark.parametrize("name", [name for name in ROOMS if ROOMS[name].every_file])
def test_every_file_of_a_room_is_about_its_task(name: str) -> None:
    elsewhere = [
        str(path.relative_to(ROOT))
        for path in files_of(name)
        if path.name not in {"__init__.py", "__main__.py"} | BELOW_HTTP
        and not packages_imported(path) & ROOMS[name].every_file
    ]

    assert not elsewhere


def test_http_is_served_by_its_rooms_alone() -> None:
    servers = {
        name
        for name in ROOMS
        for path in files_of(name)
        if packages_imported(path) & {"fastapi", "starlette"}
    }

    assert servers == HTTP_SERVERS


def test_decisions_are_pure() -> None:
    used = {name for path in files_of("domain") for name in packages_imported(path)}

    assert not used & IO


def test_packages_of_the_domain_depend_one_way() -> None:
    packages = {path.name for path in (ROOT / "domain").iterdir() if path.is_dir()} - {
        "__pycache__"
    }
    wrong = {
        f"{path.relative_to(ROOT)} imports {module}"
        for package in packages
        for path in files_of(f"domain/{package}")
        for module in modules_imported(path)
        if module.startswith("domain.") and module.split(".")[1] not in DOMAIN[package] | {package}
    }

    assert packages == DOMAIN.keys()
    assert not wrong


def test_no_module_is_part_of_a_circle() -> None:
    modules = {named(path): path for path in all_files()}
    graph = {
        name: set(modules_imported(path)) & modules.keys() - {name, *_parents(name)}
        for name, path in modules.items()
    }

    assert circle(graph) == []


def _parents(module: str) -> Iterable[str]:
    """A module imports its own packages by being imported."""
    parts = module.split(".")
    return (".".join(parts[:length]) for length in range(1, len(parts)))


def test_only_settings_read_the_environment() -> None:
    readers = {
        str(path.relative_to(ROOT))
        for path in all_files()
        if "os.environ" in path.read_text() or "getenv(" in path.read_text()
    }

    assert readers <= {"settings.py", *ENVIRONMENT_FOR_CHILDREN}


ENVIRONMENT_FOR_CHILDREN = {
    "cli/api_processes.py",
    "cli/stack.py",
    "cli/worker_processes.py",
    "benchmarks/chaos/stack.py",
}
"""They hand the environment, or the search path in it, on to the processes that they start."""


def test_the_readme_names_every_room() -> None:
    rows = [line for line in (ROOT / "README.md").read_text().splitlines() if line.startswith("|")]
    missing = [
        name
        for name in [*ROOMS, *(f"domain/{package}" for package in DOMAIN)]
        if not any(f"`{name}/`" in row or f"`{name}.py`" in row for row in rows)
    ]

    assert not missing


def test_every_room_says_in_one_sentence_what_it_is_for() -> None:
    for name in ROOMS:
        folder = ROOT / name
        if folder.is_dir():
            text = ast.get_docstring(ast.parse((folder / "__init__.py").read_text()))
            assert text, name

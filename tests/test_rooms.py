"""Dependencies point downwards only: which room may import which."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

MAY_IMPORT = {
    "domain": set(),
    "storage": {"domain"},
    "whatsapp": {"domain"},
    "activities": {"domain", "storage", "whatsapp"},
    "workflows": {"domain", "storage", "activities"},
    "api": {"domain", "storage", "whatsapp", "activities", "workflows", "settings"},
    "sandbox": {"domain"},
    "settings": {"storage"},
    "worker": {"domain", "storage", "whatsapp", "activities", "workflows", "settings"},
    "cli": {"domain", "storage", "whatsapp", "activities", "workflows", "sandbox", "settings"},
    "benchmarks": {
        *("domain", "storage", "whatsapp", "activities", "workflows"),
        *("sandbox", "cli", "worker"),
    },
}
PURE = {"pydantic", "phonenumbers", "liquid"}
"""What decisions may use of other people's code: data, numbers' regions, templates."""

IO = {"asyncio", "os", "pathlib", "random", "secrets", "socket", "subprocess", "time", "uuid"}
"""What would make a decision depend on more than its arguments."""


def files_of(room: str) -> list[Path]:
    single = ROOT / f"{room}.py"
    return [single] if single.exists() else sorted((ROOT / room).rglob("*.py"))


def imports(path: Path) -> Iterator[str]:
    """The top-level packages that a file imports, wherever in it."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module.partition(".")[0]


@pytest.mark.parametrize("room", MAY_IMPORT)
def test_a_room_imports_only_what_stands_below_it(room: str) -> None:
    ours = set(MAY_IMPORT) | {"tests"}
    allowed = MAY_IMPORT[room] | {room}

    wrong = {
        f"{path.relative_to(ROOT)} imports {name}"
        for path in files_of(room)
        for name in imports(path)
        if name in ours - allowed
    }

    assert files_of(room)
    assert not wrong


def test_decisions_are_pure() -> None:
    used = {name for path in files_of("domain") for name in imports(path)}

    assert not used & IO
    assert used & {"temporalio", "httpx", "sqlalchemy", "fastapi"} == set()
    assert {name for name in used if name in PURE} == PURE


def test_only_settings_read_the_environment() -> None:
    readers = {
        str(path.relative_to(ROOT))
        for room in MAY_IMPORT
        for path in files_of(room)
        if "os.environ" in path.read_text() or "getenv(" in path.read_text()
    }

    assert readers <= {"settings.py"} | {str(path) for path in ENVIRONMENT_FOR_CHILDREN}


ENVIRONMENT_FOR_CHILDREN = {Path("cli/stack.py")}
"""Hands the environment on to the processes that it starts."""

from pathlib import Path
from typing import Any

import pytest

from cli.errors import CommandError
from cli.yaml_file import read_yaml


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("21:00", "21:00"),
        ("NO", "NO"),
        ("2024-10-08", "2024-10-08"),
        ("off", "off"),
        ("15m", "15m"),
        ("0x10", "0x10"),
        ("5", 5),
        ("1.5", 1.5),
        ("true", True),
        ("null", None),
        ("", None),
        ("'5'", "5"),
    ],
)
def test_a_scalar_is_read_by_the_core_schema_of_yaml_1_2(
    tmp_path: Path, written: str, meant: Any
) -> None:
    path = tmp_path / "file.yaml"
    path.write_text(f"value: {written}\n", encoding="utf-8")

    assert read_yaml(path) == {"value": meant}


def test_what_is_not_yaml_is_refused_with_its_place(tmp_path: Path) -> None:
    path = tmp_path / "file.yaml"
    path.write_text("name: Denim\n  plans: [", encoding="utf-8")

    with pytest.raises(CommandError, match="line 2"):
        read_yaml(path)

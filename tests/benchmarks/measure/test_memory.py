from pathlib import Path

from benchmarks.measure.memory import memory_of, resident_bytes, sqlite_bytes

STATUS = "Name:\tpython\nVmHWM:\t   900 kB\nVmRSS:\t   512 kB\nThreads:\t3\n"


def test_the_memory_of_a_process_is_what_is_resident_now() -> None:
    assert resident_bytes(STATUS) == 512 * 1024


def test_a_process_that_ended_has_no_memory(tmp_path: Path) -> None:
    assert resident_bytes("Name:\tpython\nState:\tZ (zombie)\n") == 0
    assert memory_of([1], tmp_path) == 0


def test_a_process_counts_with_its_children(tmp_path: Path) -> None:
    for pid, parent in ((1, 0), (2, 1), (3, 0)):
        folder = tmp_path / str(pid)
        folder.mkdir()
        (folder / "stat").write_text(f"{pid} (python) S {parent} {'0 ' * 20}")
        (folder / "status").write_text(STATUS)

    assert memory_of([1], tmp_path) == 2 * 512 * 1024


def test_a_sqlite_database_has_the_size_of_its_files(tmp_path: Path) -> None:
    (tmp_path / "shop.db").write_bytes(b"12345")
    (tmp_path / "shop.db-wal").write_bytes(b"123")
    (tmp_path / "other.db").write_bytes(b"1")

    assert sqlite_bytes(tmp_path / "shop.db") == 8

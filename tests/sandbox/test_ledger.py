from datetime import UTC, datetime
from pathlib import Path

from sandbox.ledger import Ledger, ReceivedRequest


def entry(number: int, text: str = "x") -> ReceivedRequest:
    return ReceivedRequest(
        at=datetime(2026, 1, 1, tzinfo=UTC),
        method="POST",
        path="/1055/messages",
        headers={},
        body={"number": number, "text": text},
        status=200,
        answer={},
        message_id=f"wamid.{number}",
    )


def test_a_ledger_reads_the_entries_of_its_file(tmp_path: Path) -> None:
    path = tmp_path / "ledger.jsonl"
    Ledger(path).append(entry(1))
    Ledger(path).append(entry(2, "two\u2028lines\n"))

    assert Ledger(path).entries == [entry(1), entry(2, "two\u2028lines\n")]


def test_a_half_written_line_is_cut_off(tmp_path: Path) -> None:
    path = tmp_path / "ledger.jsonl"
    Ledger(path).append(entry(1))
    with path.open("a") as file:
        file.write('{"at": "2026')

    Ledger(path).append(entry(2))

    assert Ledger(path).entries == [entry(1), entry(2)]


def test_a_reset_is_kept_in_the_file_and_deletes_no_line(tmp_path: Path) -> None:
    path = tmp_path / "ledger.jsonl"
    ledger = Ledger(path)
    ledger.append(entry(1))
    ledger.reset()
    ledger.append(entry(2))

    assert Ledger(path).entries == ledger.entries == [entry(2)]
    assert len(path.read_text().splitlines()) == 3


def test_a_ledger_without_a_file_keeps_its_entries_in_memory() -> None:
    ledger = Ledger()
    ledger.append(entry(1))

    assert ledger.entries == [entry(1)]
    assert Ledger().entries == []

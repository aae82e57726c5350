from datetime import UTC, datetime
from pathlib import Path

from sandbox.ledger import Ledger, Received


def entry(number: int, text: str = "x") -> Received:
    return Received(
        at=datetime(2026, 1, 1, tzinfo=UTC),
        method="POST",
        path="/1055/messages",
        headers={},
        body={"number": number, "text": text},
        status=200,
        answer={},
        message_id=f"wamid.{number}",
    )


def test_a_ledger_with_a_file_goes_on_where_it_ended(tmp_path: Path) -> None:
    path = tmp_path / "ledger.jsonl"
    Ledger(path).append(entry(1))
    Ledger(path).append(entry(2, "two\u2028lines\n"))

    assert Ledger(path).entries == [entry(1), entry(2, "two\u2028lines\n")]


def test_half_a_line_of_a_killed_process_is_cut_off(tmp_path: Path) -> None:
    path = tmp_path / "ledger.jsonl"
    Ledger(path).append(entry(1))
    with path.open("a") as file:
        file.write('{"at": "2026')

    Ledger(path).append(entry(2))

    assert Ledger(path).entries == [entry(1), entry(2)]


def test_a_reset_holds_also_for_the_next_process_but_deletes_nothing(tmp_path: Path) -> None:
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

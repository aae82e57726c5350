from datetime import UTC, datetime, timedelta

from benchmarks.due_result import DueMessages, due_case

DUE = datetime(2026, 11, 30, 12, tzinfo=UTC)


def messages(*seconds_late: float, waiting: int = 2) -> DueMessages:
    return DueMessages(
        count=2,
        due=DUE,
        waiting=waiting,
        sent_at=[DUE + timedelta(seconds=late) for late in seconds_late],
        closed_at=DUE,
        processor_before={"worker": 0.1},
        processor_due={"worker": 0.3},
    )


def test_the_rate_counts_until_the_last_message() -> None:
    assert messages(4.0, 1.0).per_second == 0.5


def test_messages_are_compared_with_the_reference() -> None:
    case = due_case("SQLite", messages(4.0, 1.0), messages(1.0, 0.5))

    assert case.value("sent / bare") == 0.25
    assert case.value("late longest") == 4000


def test_processor_time_leaves_out_the_wait() -> None:
    case = due_case("SQLite", messages(4.0, 1.0), messages(1.0, 0.5))

    assert case.value("worker, processor") == 200
    assert case.value("worker, from due on, processor") == 150


def test_messages_that_were_never_sent_have_no_rate() -> None:
    assert messages().per_second == 0

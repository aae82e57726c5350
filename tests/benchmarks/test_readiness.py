from benchmarks.readiness import process_ids


def test_workers_are_known_by_the_process_id_in_their_identity() -> None:
    assert process_ids(["12@host", "34@host", "a-name", "worker@host"]) == {12, 34}

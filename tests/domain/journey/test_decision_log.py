from domain.journey.decision_log import MAX_ENTRIES, DecisionLog
from tests.domain.builders import NOON
from tests.domain.journey.builders import buffering


def test_decisions_are_bounded_and_the_newest_are_kept() -> None:
    state = buffering()
    for number in range(MAX_ENTRIES + 5):
        state.log.note(NOON, "waited", str(number), {})
    assert len(state.decisions) == MAX_ENTRIES
    assert state.decisions[-1].because == str(MAX_ENTRIES + 4)


def test_decision_without_evidence_has_none() -> None:
    log = DecisionLog()
    entry = log.note(NOON, "held", "store_paused")
    assert log.entries == [entry]
    assert (entry.at, entry.evidence) == (NOON, {})

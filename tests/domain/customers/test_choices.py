from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from domain.customers.choices import Choice, standing

NOW = datetime(2026, 11, 1, tzinfo=UTC)


def asked(seconds: int) -> Choice:
    return Choice(f"asked {seconds}", NOW + timedelta(seconds=seconds))


def lifted(since: int, at: int) -> Choice:
    return Choice("lifted", NOW + timedelta(seconds=since), NOW + timedelta(seconds=at))


def test_nobody_who_never_chose_is_suppressed() -> None:
    assert standing([]) is None


def test_newest_suppression_stands() -> None:
    assert standing([asked(1), asked(3), asked(2)]) == asked(3)


def test_lifting_by_one_identity_counts_for_the_others() -> None:
    assert standing([asked(1), lifted(0, 2)]) is None
    assert standing([lifted(0, 2), asked(3)]) == asked(3)


def test_of_two_choices_at_the_same_instant_the_suppression_counts() -> None:
    assert standing([asked(2), lifted(0, 2)]) == asked(2)


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5) | st.none()), max_size=6))
def test_result_does_not_depend_on_the_order(rows: list[tuple[int, int | None]]) -> None:
    choices = [asked(since) if at is None else lifted(since, at) for since, at in rows]
    assert standing(choices) == standing(reversed(choices))

"""Deliveries give way to events that are being posted."""

from datetime import timedelta

from ingest.delivery_pace import LATE, MAX, SLOW, DeliveryPace

IN_TIME, TOO_LATE = timedelta(0), LATE * 2


class Posting:
    """Events, posted or not."""

    def __init__(self) -> None:
        self.accepted = 0
        self.waited = timedelta(0)
        self.pace = DeliveryPace(lambda: self.accepted, lambda: self.waited, lambda: False)

    def look(self, lateness: timedelta, *, posted: bool = True) -> int:
        self.accepted += posted
        self.pace.adapt(lateness)
        return self.pace.limit


def test_late_loop_lets_fewer_begin_until_there_is_one_at_each_look() -> None:
    posting = Posting()
    limits = [posting.look(TOO_LATE) for _ in range(8)]
    assert limits == sorted(limits, reverse=True)
    assert limits[-1] == 0
    assert not posting.pace.is_high


def test_events_that_take_long_to_be_stored_are_a_reason_as_well() -> None:
    posting = Posting()
    posting.waited = SLOW * 2
    assert [posting.look(IN_TIME) for _ in range(8)][-1] == 0
    assert posting.look(IN_TIME, posted=False) > 0


def test_loop_that_is_late_with_deliveries_alone_is_no_reason() -> None:
    posting = Posting()
    assert [posting.look(TOO_LATE, posted=False) for _ in range(3)] == [MAX] * 3


def test_there_are_more_again_when_the_loop_is_in_time_or_nobody_posts() -> None:
    for posted in (True, False):
        posting = Posting()
        for _ in range(8):
            posting.look(TOO_LATE)
        for _ in range(MAX):
            posting.look(IN_TIME, posted=posted)
        assert posting.pace.limit == MAX
        assert posting.pace.is_high

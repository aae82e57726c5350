"""A store's rate: the token bucket alone."""

from datetime import timedelta

import pytest

from domain.stores.rate import Bucket, filled, full_bucket, wait_for_token, without_token


def test_a_store_that_was_silent_may_post_two_seconds_of_its_rate_at_once() -> None:
    bucket = full_bucket(rate=50, now=0)
    for _ in range(100):
        assert wait_for_token(bucket, rate=50) == timedelta(0)
        bucket = without_token(bucket)
    assert wait_for_token(bucket, rate=50) == timedelta(seconds=0.02)


def test_a_bucket_fills_at_the_rate_and_no_further_than_its_burst() -> None:
    empty = Bucket(tokens=0, at=10)
    assert filled(empty, rate=5, now=11).tokens == 5
    assert filled(empty, rate=5, now=100) == full_bucket(rate=5, now=100)


def test_a_lowered_rate_takes_what_the_bucket_had_too_much() -> None:
    assert filled(full_bucket(rate=50, now=0), rate=1, now=0).tokens == 2


@pytest.mark.parametrize("rate", [0.001, 0.25])
def test_a_store_with_less_than_an_event_in_two_seconds_may_post_one_at_a_time(rate: float) -> None:
    bucket = without_token(full_bucket(rate, now=0))
    assert wait_for_token(bucket, rate) == timedelta(seconds=1 / rate)
    assert wait_for_token(filled(bucket, rate, now=1 / rate), rate) == timedelta(0)

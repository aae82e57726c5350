from datetime import UTC, datetime

from benchmarks.accept import SAMPLED_CUSTOMERS, events_by_customer, sample_of
from benchmarks.inbox import Delivery

AT = datetime(2026, 11, 30, tzinfo=UTC)


def test_each_customers_events_are_in_order_of_arrival() -> None:
    arrived = [("2", "b"), ("1", "a"), ("3", "b")]
    deliveries = [Delivery(event, customer, AT, AT) for event, customer in arrived]

    assert events_by_customer(deliveries) == {"b": ["2", "3"], "a": ["1"]}


def test_some_of_very_many_customers_are_looked_at() -> None:
    sample = sample_of({str(number): [] for number in range(1234)})

    assert len(sample) == SAMPLED_CUSTOMERS
    assert "0" in sample


def test_all_of_few_customers_are_looked_at() -> None:
    assert sample_of({"a": ["1"], "b": ["2"]}) == {"a": ["1"], "b": ["2"]}

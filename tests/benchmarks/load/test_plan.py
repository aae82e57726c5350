from datetime import UTC, datetime, timedelta
from itertools import chain

from benchmarks.load.plan import Answers, LoadPlan

PLAN = LoadPlan(
    host="127.0.0.1", port=1, path="/events", key="k", connections=3, customers=7, events=2
)


def test_each_customer_posts_all_events_in_order_over_one_connection() -> None:
    posted = [list(PLAN.posts_of(number)) for number in range(3)]

    assert [(customer, event) for customer, event, _ in posted[0]] == [
        *[(0, 0), (0, 1), (3, 0), (3, 1), (6, 0), (6, 1)]
    ]
    assert sorted(chain.from_iterable(posted)) == [
        (customer, event, None) for customer in range(7) for event in range(2)
    ]


def test_further_customers_begin_where_the_plan_says() -> None:
    plan = PLAN.model_copy(update={"first_customer": 100})

    assert next(plan.posts_of(2))[0] == 102


def test_with_a_rate_events_are_due_one_after_the_other() -> None:
    plan = PLAN.model_copy(update={"per_second": 10.0, "customers": 6})
    due = sorted(due or 0.0 for number in range(3) for _, _, due in plan.posts_of(number))

    assert due == [each / 10 for each in range(12)]


def test_a_customers_events_are_as_far_apart_as_there_are_connections() -> None:
    plan = PLAN.model_copy(update={"per_second": 10.0})

    assert [due for _, _, due in plan.posts_of(1)][:2] == [0.1, 0.4]


def test_only_accepted_events_count() -> None:
    answers = Answers.of(
        datetime(2026, 11, 30, tzinfo=UTC), 2.0, [(202, 0.1), (429, 0.2), (0, 0.1), (202, 0.3)]
    )

    assert (answers.accepted, answers.refused, answers.per_second) == (2, 2, 1.0)
    assert answers.latencies == [0.1, 0.3]
    assert timedelta(seconds=answers.took) == timedelta(seconds=2)

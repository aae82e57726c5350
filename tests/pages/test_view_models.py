"""What templates are given: words for every name, lines of sparklines, rates and stories."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import StrEnum

import pytest

from domain.journey.outcomes import Decision, Outcome, Reason, Stage
from operations.explanation import Explanation
from operations.result_models import Estimate
from pages import words
from pages.formats import age
from pages.quarantine import MAX_SHOWN, readable_body
from pages.results import estimate, money, rate
from pages.sparkline import sparkline
from pages.story import summary_of, web_ui_link
from storage.messages import MessageStatus

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("table", "names"),
    [
        (words.REASONS, Reason),
        (words.STATUSES, MessageStatus),
        (words.STAGES, Stage),
        (words.OUTCOMES, Outcome),
    ],
)
def test_every_name_has_words(table: dict[str, str], names: type[StrEnum]) -> None:
    assert set(table) == set(names)
    assert not any("_" in each for each in table.values())


def test_an_error_is_told_with_its_place() -> None:
    missing = {"type": "missing", "loc": ["body", "customer", "phone"], "msg": "Field required"}

    assert words.problem(missing) == "customer.phone: Field required"
    assert words.problem({"type": "no_store", "loc": []}) == "no store"


def test_a_sparkline_reaches_from_zero_to_the_largest() -> None:
    line = sparkline([0, 5, 10], "messages")

    assert line.points == "2.0,22.0 48.0,12.0 94.0,2.0"
    assert line.said == "15 messages in 3 days, 10 on the last"
    assert sparkline([0, 0], "orders").points == "2.0,22.0 94.0,22.0"


def test_a_rate_has_wilsons_interval() -> None:
    """Held against `statsmodels.stats.proportion.proportion_confint(10, 100, method="wilson")`."""
    found = rate(10, 100)

    assert found is not None
    assert (round(found.low, 4), round(found.high, 4)) == (0.0552, 0.1744)
    assert rate(0, 0) is None
    assert rate(3, 2) is None


def test_money_of_several_currencies_is_not_added() -> None:
    amounts = {"INR": Decimal("1250.00"), "USD": Decimal("9.50")}

    assert money(amounts) == "1,250.00 INR, 9.50 USD"
    assert money(None) == money({}) == "-"
    assert estimate(Estimate(estimate=12.4, low=3.1, high=21.6)) == "12 (3 to 22)"
    assert estimate(None) == "not known"


@pytest.mark.parametrize(
    ("passed", "told"),
    [
        (timedelta(seconds=59), "59 s"),
        (timedelta(minutes=61), "1 h"),
        (timedelta(hours=47), "1 d"),
        (timedelta(seconds=-1), "0 s"),
    ],
)
def test_an_age_has_one_unit(passed: timedelta, told: str) -> None:
    assert age(passed) == told


def test_a_long_body_is_cut_and_other_text_is_shown_as_it_came() -> None:
    assert readable_body('{"a":600.00}') == '{\n  "a": 600.00\n}'
    assert readable_body("not JSON") == "not JSON"
    assert len(readable_body("x" * (MAX_SHOWN + 5))) == MAX_SHOWN + 2


def test_a_journey_that_sent_nothing_says_why_its_message_was_left_out() -> None:
    capped = Decision(at=NOW, decision="message_skipped", because=Reason.FREQUENCY_CAP)
    journey = Explanation(
        journey_id="journey:denim:c1",
        stage=Stage.CLOSED,
        outcome=Outcome.SKIPPED,
        reason=Reason.PLAN_DONE,
        decisions=[capped],
    )

    assert summary_of(journey) == (
        "No message was sent. The journey ended because the person had as many messages as the"
        " store allows."
    )


def test_temporal_is_linked_to_only_where_its_web_ui_is_known() -> None:
    assert web_ui_link(None, "default", "journey:denim:c1") is None
    assert web_ui_link("https://ui.example", "default", "journey:denim:a b") == (
        "https://ui.example/namespaces/default/workflows"
        "?query=WorkflowId%20%3D%20%27journey%3Adenim%3Aa%20b%27"
    )

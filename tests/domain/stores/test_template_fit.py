from datetime import UTC, datetime
from typing import Any

import pytest

from domain.messages.approved_templates import ApprovedTemplate, TemplateParts
from domain.stores.config import StoreConfig
from domain.stores.planned_messages import uses_template
from domain.stores.template_fit import KnownTemplates, template_warnings
from tests.storage.builders import a_config as minimal

AT = datetime(2026, 11, 3, 9, 0, tzinfo=UTC)
STEP = {"after": "1h", "template": "sale", "language": "en", "body": ["{{ customer.name }}"]}
SALE = ApprovedTemplate(
    name="sale",
    language="en",
    status="APPROVED",
    category="MARKETING",
    parts=TemplateParts(body=("1",)),
)


def a_config(endpoint: str = "messages", waba_id: str | None = "60", **step: Any) -> StoreConfig:
    account = {"phone_number_id": "1055", "access_token": "token", "endpoint": endpoint}
    plans = {"cart_update": [{**STEP, **step}]}
    return minimal(whatsapp={**account, "waba_id": waba_id}, plans=plans)


def warned(config: StoreConfig, *templates: ApprovedTemplate, **known: Any) -> list[str]:
    checked = {"checked_at": AT, **known}
    found = template_warnings(config, KnownTemplates(templates, **checked))
    return [f"{'.'.join(map(str, each.path))} {each.type}" for each in found]


def test_a_template_that_fits_is_no_reason_to_warn() -> None:
    assert warned(a_config(), SALE) == []


def test_a_channels_message_has_no_template_to_check() -> None:
    fallback = {"on": ["unreachable"], "channel": "sms", "fields": {}}

    assert warned(a_config(fallbacks=[fallback]), SALE) == []


def test_a_template_that_meta_does_not_have_is_named_where_it_is_used() -> None:
    fallback = {"on": ["send_failed"], "template": "gone", "language": "en"}

    assert warned(a_config(fallbacks=[fallback]), SALE) == [
        "plans.cart_update.steps.0.fallbacks.0.template template_missing"
    ]
    assert warned(a_config(language="de"), SALE) == [
        "plans.cart_update.steps.0.language template_language_missing"
    ]


def test_a_part_that_does_not_fit_is_named_where_it_is_written() -> None:
    assert warned(a_config(body=[]), SALE) == ["plans.cart_update.steps.0.body template_parameters"]


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"status": "PAUSED", "reason": "FIRST_PAUSE"}, "template_not_approved"),
        ({"status": "PENDING"}, "template_not_approved"),
        ({"previous_category": "UTILITY"}, "template_category_changed"),
        ({"correct_category": "UTILITY"}, "template_category_changing"),
        ({"quality": "RED"}, "template_quality"),
    ],
)
def test_the_state_at_meta_is_a_reason_to_warn(changes: dict[str, str], kind: str) -> None:
    template = SALE.model_copy(update=changes)

    assert warned(a_config(), template) == [f"plans.cart_update.steps.0.template {kind}"]


def test_the_endpoint_for_marketing_takes_no_other_category() -> None:
    utility = SALE.model_copy(update={"category": "UTILITY", "correct_category": "UTILITY"})

    assert warned(a_config(), utility) == []
    assert warned(a_config("marketing_messages"), utility) == [
        "plans.cart_update.steps.0.template template_category"
    ]


def test_meta_that_cannot_be_asked_is_a_reason_to_warn() -> None:
    (never,) = template_warnings(a_config(), KnownTemplates(failure="HTTP 503"))
    (since,) = template_warnings(a_config(), KnownTemplates((SALE,), AT, "HTTP 503"))

    assert never.type == since.type == "templates_unchecked"
    assert never.message == "Meta does not list the templates: HTTP 503; never yet"
    assert since.message.endswith("last checked 2026-11-03T09:00:00+00:00")


def test_without_the_accounts_id_nothing_is_said() -> None:
    assert warned(a_config(waba_id=None), failure="HTTP 503") == []


def test_a_template_is_used_in_the_language_of_a_plan() -> None:
    assert uses_template(a_config(), "sale", "en")
    assert not uses_template(a_config(), "sale", "de")
    assert not uses_template(a_config(), "other", "en")


@pytest.mark.parametrize(("status", "holds"), [("PAUSED", True), ("PENDING", False)])
def test_only_some_states_hold(status: str, holds: bool) -> None:
    assert SALE.model_copy(update={"status": status}).holds is holds

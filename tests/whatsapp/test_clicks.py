"""Clicks that Meta tells of: told from other actions, and from each other."""

import json
from typing import Any

import pytest

from tests.whatsapp.webhook_samples import AT, change, notification
from whatsapp.clicks import MAX_COMPONENT, MAX_ID, MAX_TOKEN, UserAction
from whatsapp.updates import Unreadable
from whatsapp.webhook import parse

CLICK = "marketing_messages_link_click"


def action(kind: str = CLICK, at: Any = AT, **data: Any) -> dict[str, Any]:
    return {"action_type": kind, "timestamp": at, "marketing_messages_link_click_data": data}


def read(item: Any) -> Any:
    (update,) = parse(json.dumps(notification(change(user_actions=[item]))).encode())
    return update.content


def test_a_click_has_its_id_its_place_and_metas_token() -> None:
    click = read(action(click_id="c1", click_component="cta", tracking_token="t1", product_id=7))
    assert isinstance(click, UserAction)
    assert (click.is_click, click.key, click.component) == (True, "c1", "cta")
    assert (click.tracking_token, click.timestamp.timestamp()) == ("t1", float(AT))


@pytest.mark.parametrize("kind", ["landing_page_view", "something_new", ""])
def test_other_actions_are_no_clicks(kind: str) -> None:
    assert read(action(kind, click_id="c1")).is_click is False


@pytest.mark.parametrize("data", [{}, None, {"click_id": None}, {"click_id": "\x00"}])
def test_a_click_without_an_id_is_told_from_others_by_all_of_it(data: Any) -> None:
    click = read({**action(), "marketing_messages_link_click_data": data})
    assert (click.component, click.tracking_token) == (None, None)
    same, later = read(action()), read(action(at=int(AT) + 1))
    of_token = read(action(tracking_token="t1"))
    assert click.key == same.key
    assert len({click.key, later.key, of_token.key}) == 3


def test_what_is_too_long_is_cut_and_a_long_id_hashed() -> None:
    both = [
        read(action(click_id="c" * length, click_component="x" * 99, tracking_token="t" * 600))
        for length in (MAX_ID + 1, MAX_ID + 2)
    ]
    assert len({each.key for each in both}) == 2
    assert all(each.key.startswith("sha256:") for each in both)
    assert len(both[0].component) == MAX_COMPONENT
    assert len(both[0].tracking_token) == MAX_TOKEN


@pytest.mark.parametrize("item", [7, {}, action(at="yesterday"), {**action(), "action_type": None}])
def test_an_action_that_cannot_be_read_is_unreadable(item: Any) -> None:
    assert isinstance(read(item), Unreadable)

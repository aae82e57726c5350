"""Reading Meta's notifications: everything that Meta shows, and nothing lost to what is wrong."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.whatsapp import webhook_samples as samples
from tests.whatsapp.webhook_samples import (
    NUMBER,
    change,
    inbound,
    notification,
    preference,
    status,
    text,
)
from whatsapp.identity_changes import identity_change
from whatsapp.updates import Inbound, Preference, Status, Unreadable, Update, UpdateKind
from whatsapp.webhook import parse


def updates(*changes: dict[str, Any]) -> list[Update]:
    return parse(json.dumps(notification(*changes)).encode())


def one(**value: Any) -> Any:
    (update,) = updates(change(**value))
    return update.content


KINDS = {
    "statuses": UpdateKind.STATUS,
    "messages": UpdateKind.MESSAGE,
    "user_preferences": UpdateKind.USER_PREFERENCE,
    "user_actions": UpdateKind.CLICK,
    "templates": UpdateKind.TEMPLATE,
    "others": UpdateKind.OTHER,
}


@pytest.mark.parametrize("path", samples.FILES, ids=lambda path: path.stem)
def test_everything_that_meta_shows_is_understood(path: Path) -> None:
    read = parse(path.read_bytes())
    assert {update.kind for update in read} == {KINDS[path.parent.name]}
    assert not [update for update in read if isinstance(update.content, Unreadable)]
    of_a_number = path.parent.name not in {"others", "templates"}
    assert not of_a_number or {update.phone_number_id for update in read} == {NUMBER}


@pytest.mark.parametrize("name", ["payment_failed", "payment_captured", "call_ringing"])
def test_status_of_a_payment_or_a_call_is_none_of_a_message(name: str) -> None:
    (update,) = parse(json.dumps(samples.named(name)).encode())
    assert isinstance(update.content, Status)
    assert not update.content.is_of_a_message


def test_status_of_a_message_is_read() -> None:
    read = one(statuses=[status("delivered", biz_opaque_callback_data="ours")])
    assert isinstance(read, Status)
    assert (read.id, read.status) == ("wamid.1", "delivered")
    assert read.biz_opaque_callback_data == "ours"
    assert read.timestamp == datetime(2026, 9, 21, 14, 13, 20, tzinfo=UTC)
    assert not read.opted_out


def test_failure_has_metas_code_and_words_without_phone_numbers() -> None:
    error = {"code": 131026, "title": "Undeliverable", "error_data": {"details": "+919876500001?"}}
    read = one(statuses=[status("failed", errors=[error])])
    assert [(each.code, each.text) for each in read.errors] == [(131026, "Undeliverable: …?")]
    assert one(statuses=[status("failed", errors=[samples.FAILURE])]).opted_out


@pytest.mark.parametrize(("subcode", "code"), [(33, 33), (2494010, 100), (None, 100)])
def test_the_subcode_of_a_failure_is_read(subcode: int | None, code: int) -> None:
    error = {"code": 100, "error_subcode": subcode, "title": "t"}

    read = one(statuses=[status("failed", errors=[error])])

    assert [each.code for each in read.errors] == [code]


def pressed(kind: str, choice: dict[str, str | None]) -> dict[str, Any]:
    return inbound("interactive", interactive={"type": kind, kind: choice})


def edited(**message: Any) -> dict[str, Any]:
    return inbound("edit", edit={"original_message_id": "wamid.0", "message": message})


@pytest.mark.parametrize(
    ("message", "said"),
    [
        (text("STOP"), ["STOP"]),
        (inbound("button", button={"payload": "P", "text": "T"}), ["P", "T"]),
        (pressed("button_reply", {"id": "stop", "title": "Stop"}), ["stop", "Stop"]),
        (pressed("list_reply", {"id": "p", "title": "Mail", "description": "x"}), ["p", "Mail"]),
        (inbound("image", image={"caption": "STOP"}), ["STOP"]),
        (text("STOP", context=[]), ["STOP"]),
        (text("STOP", timestamp="soon"), ["STOP"]),
        (text("STOP", button=[], image="x", edit=7), ["STOP"]),
        (edited(type="text", text={"body": "Stop"}), ["Stop"]),
        (edited(type="image", image={"caption": "Stop", "id": "1"}), ["Stop"]),
        (edited(type="document", document={"caption": None}), []),
        (inbound("edit", edit={"message": None}), []),
        (text("STOP", context={"id": None}), ["STOP"]),
        (inbound("button", button={"payload": None, "text": "Stop"}), ["Stop"]),
        (pressed("button_reply", {"id": None, "title": "Stop"}), ["Stop"]),
        (inbound("interactive", interactive={"list_reply": None}), []),
    ],
)
def test_what_a_person_wrote_or_pressed_is_read(message: dict[str, Any], said: list[str]) -> None:
    read = one(messages=[message])
    assert isinstance(read, Inbound)
    assert read.said == said


def test_sender_may_be_missing_and_the_message_answered_known() -> None:
    message = inbound("button", context={"id": "wamid.1"}, button={"text": "Stop"})
    del message["from"]
    read = one(messages=[message])
    assert (read.sender, read.answers) == (None, "wamid.1")
    assert one(messages=[text("x", context={"id": "a\x00"})]).answers is None


def test_preference_is_read_with_either_form_of_its_time() -> None:
    stop, resume = (update.content for update in updates(samples.change(user_preferences=P)))
    assert isinstance(stop, Preference)
    assert isinstance(resume, Preference)
    assert (stop.value, resume.value, stop.wa_id) == ("stop", "resume", "919876500001")
    assert stop.timestamp is not None
    assert stop.timestamp.tzinfo is not None


def test_a_stop_without_a_readable_time_is_one_and_a_resume_is_not() -> None:
    wrong: Any = []
    stop, resume = updates(
        change(
            user_preferences=[
                preference("stop", timestamp=wrong),
                preference("resume", timestamp=wrong),
            ]
        )
    )
    assert isinstance(stop.content, Preference)
    assert stop.content.timestamp is None
    assert isinstance(resume.content, Unreadable)


P = [preference("stop"), preference("resume", timestamp=samples.AT)]
BAD: list[Any] = [
    None,
    7,
    "sent",
    [],
    {},
    {**status("sent"), "id": None},
    {**status("sent"), "id": "a\x00b"},
    {**status("sent"), "id": "x" * 257},
    {**status("sent"), "id": "\ud800"},
    {**status("sent"), "timestamp": "soon"},
    {**status("sent"), "timestamp": "9" * 40},
    {**status("failed"), "errors": [{"code": 2**40}]},
    {**status("failed"), "errors": "many"},
]


@pytest.mark.parametrize("bad", BAD)
def test_bad_update_takes_no_other_with_it(bad: Any) -> None:
    first, wrong, last = updates(change(statuses=[status("sent"), bad, status("read")]))
    assert isinstance(first.content, Status)
    assert isinstance(last.content, Status)
    assert (wrong.kind, wrong.phone_number_id) == (UpdateKind.STATUS, NUMBER)
    assert isinstance(wrong.content, Unreadable)
    assert json.loads(wrong.content.body) == bad
    assert wrong.content.problems


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff",
        b"nonsense",
        b"7",
        b"{}",
        b'{"entry": 7}',
        b'{"entry": ["x"]}',
        b'{"entry": [{"changes": {}}]}',
        b'{"entry": [{"changes": [{"value": []}]}]}',
        b'{"entry": [{"changes": [{"value": {"statuses": 7}}]}]}',
        b"[" * 100_000,
    ],
)
def test_anything_but_a_notification_is_unreadable(body: bytes) -> None:
    (update,) = parse(body)
    assert isinstance(update.content, Unreadable)
    assert update.phone_number_id is None


def test_number_is_a_plain_word_or_none() -> None:
    for number, known in ((1055, "1055"), ("1055", "1055"), ("a\x00", None), (True, None)):
        (update,) = updates(change(metadata={"phone_number_id": number}, statuses=[{}]))
        assert update.phone_number_id == known


def test_a_change_with_an_odd_field_takes_no_other_with_it() -> None:
    for odd in (["x"], {"a": 1}, 7, None):
        read = updates(change(messages=[text("STOP")]), {"field": odd, "value": {"x": 1}})
        assert [each.kind for each in read] == [UpdateKind.MESSAGE, UpdateKind.OTHER]


def test_a_message_gets_the_ids_of_its_own_contact_among_many() -> None:
    people = [{"wa_id": f"91987650{number:04}", "user_id": f"IN.{number}"} for number in range(50)]
    messages = [text("STOP", **{"from": each["wa_id"]}) for each in reversed(people)]
    read = updates(change(messages=messages, contacts=people))
    for each, contact in zip(read, reversed(people), strict=True):
        assert each.person.wa_ids == {contact["wa_id"]}
        assert each.person.user_ids == {contact["user_id"]}


KEYS = ("entry", "changes", "value", "field", "contacts", "type", "system", "wa_id", "from")
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.sampled_from(["system", "messages"]),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(KEYS), inner),
)


@given(JSON, JSON)
def test_reading_never_fails(anything: Any, more: Any) -> None:
    parse(json.dumps(anything).encode())
    parse(json.dumps({"entry": [{"changes": [{"value": anything, "field": more}]}]}).encode())
    read = updates(
        change(statuses=anything),
        change(messages=[anything, {"type": "system", "system": more}], contacts=more),
    )
    for each in read:
        identity_change(each.item)
        assert each.person is not None

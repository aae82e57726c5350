import json
from typing import Any

import httpx
import pytest

from domain.messages.send_outcome import (
    Accepted,
    ErrorCategory,
    NotSent,
    Refused,
    SendOutcome,
    Unknown,
)
from tests.whatsapp.sending import TO, TOKEN, Send, answering, fail, messages
from tests.whatsapp.test_errors import ROWS
from whatsapp.send_response import MAX_TEXT_LENGTH, SendResponse, outcome_of

UNCLEAR = [code for code, category in ROWS if category is ErrorCategory.UNCLEAR]
UNPROVEN = {ErrorCategory.UNCLEAR, ErrorCategory.REFUSED}
CLEAR = [(code, category) for code, category in ROWS if category not in UNPROVEN]


def envelope(code: Any, message: Any = "m", details: Any = "d") -> dict[str, Any]:
    return {"error": {"message": message, "code": code, "error_data": {"details": details}}}


def read(status: int, content: Any) -> SendOutcome:
    return outcome_of(SendResponse(status, json.dumps(content).encode()), TOKEN)


@pytest.mark.parametrize(("code", "category"), CLEAR)
async def test_a_code_of_the_table_proves_that_nothing_was_sent(
    send: Send, meta: httpx.AsyncClient, meta_url: str, code: int, category: ErrorCategory
) -> None:
    await fail(meta, "error", code=code)

    outcome = await send(meta_url)

    assert isinstance(outcome, Refused)
    assert (outcome.category, outcome.code) == (category, code)
    assert outcome.title.startswith(f"(#{code})")
    assert outcome.details == "The sandbox was told to fail"
    assert await messages(meta) == []


@pytest.mark.parametrize("code", UNCLEAR)
async def test_a_code_that_proves_nothing_is_unknown(
    send: Send, meta: httpx.AsyncClient, meta_url: str, code: int
) -> None:
    await fail(meta, "error", code=code)

    outcome = await send(meta_url)

    assert isinstance(outcome, Unknown)
    assert outcome.code == code


@pytest.mark.parametrize("status", [400, 401, 429, 500, 503])
def test_the_code_decides_and_not_the_status(status: int) -> None:
    assert read(status, envelope(130429)) == Refused(ErrorCategory.THROTTLED, 130429, "m", "d")


def test_an_unlisted_code_is_refused_when_the_fault_is_ours() -> None:
    assert read(400, envelope(131999)) == Refused(ErrorCategory.REFUSED, 131999, "m", "d")


def test_an_unlisted_code_is_unknown_when_the_fault_is_metas() -> None:
    assert read(500, envelope(131999)) == Unknown("m", 131999)


@pytest.mark.parametrize("code", [3, 33, 131037, 131045])
def test_an_accounts_fault_proves_that_nothing_was_sent_also_with_http_500(code: int) -> None:
    assert read(500, envelope(code)) == Refused(ErrorCategory.ACCOUNT, code, "m", "d")


def test_a_number_that_is_unknown_to_meta_is_an_accounts_fault_by_its_subcode() -> None:
    error = envelope(100)
    error["error"]["error_subcode"] = 33

    assert read(400, error) == Refused(ErrorCategory.ACCOUNT, 33, "m", "d")


@pytest.mark.parametrize("subcode", [None, True, "33", 2494010])
def test_any_other_subcode_leaves_a_wrong_parameter(subcode: object) -> None:
    error = envelope(100)
    error["error"]["error_subcode"] = subcode

    assert read(400, error) == Refused(ErrorCategory.TEMPLATE_WRONG, 100, "m", "d")


@pytest.mark.parametrize(
    ("said", "answer"), [("paused", "paused"), ("about +919876543210", "accepted")]
)
def test_only_documented_words_of_an_acceptance_are_kept(said: str, answer: str) -> None:
    outcome = read(200, {"messages": [{"id": "wamid.1", "message_status": said}]})

    assert outcome == Accepted("wamid.1", answer)


async def test_too_many_requests_without_a_code_were_not_sent(send: Send) -> None:
    async with answering(429, "slow down") as url:
        assert await send(url) == NotSent("throttled: HTTP 429")


@pytest.mark.parametrize("status", [400, 401, 404, 413, 500, 502, 599])
def test_an_error_without_a_code_is_unknown(status: int) -> None:
    assert read(status, {"error": "?"}) == Unknown(f"HTTP {status} without an error code")


@pytest.mark.parametrize("code", ["190", None, 190.0, True, [190]])
def test_only_a_whole_number_is_a_code(code: object) -> None:
    assert read(400, envelope(code)) == Unknown("HTTP 400 without an error code")


@pytest.mark.parametrize(
    "body",
    [
        None,
        b"",
        b"<html>",
        b"\xff",
        b"[" * 200_000,
        b"null",
        b"[]",
        b'{"messages": []}',
        b'{"messages": [{"id": ""}]}',
        b'{"messages": {"id": "wamid.1"}}',
    ],
)
def test_success_without_a_message_id_is_unknown(body: bytes | None) -> None:
    assert outcome_of(SendResponse(200, body), TOKEN) == Unknown("accepted without a message id")


def test_success_that_speaks_of_an_error_is_unknown() -> None:
    assert isinstance(read(200, envelope(130429)), Unknown)


@pytest.mark.parametrize("details", [None, 1, {}])
def test_a_code_counts_also_when_the_rest_is_garbage(details: object) -> None:
    assert read(400, envelope(190, message=[], details=details)) == Refused(
        ErrorCategory.ACCOUNT, 190, "", ""
    )


@pytest.mark.parametrize("code", [190, 131000])
def test_neither_token_nor_phone_is_in_an_outcome(code: int) -> None:
    text = f"Malformed access token {TOKEN} for +{TO}"

    outcome = read(400, envelope(code, message=text, details=text))

    assert TOKEN not in repr(outcome)
    assert TO not in repr(outcome)
    assert "Malformed access token" in repr(outcome)


def test_metas_texts_are_cut_to_a_length() -> None:
    outcome = read(400, envelope(100, details="x" * 5000))

    assert isinstance(outcome, Refused)
    assert len(outcome.details) == MAX_TEXT_LENGTH

"""The codec server: what it decrypts, for whom, and for pages of which origin."""

import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from temporalio.api.common.v1 import Payload
from temporalio.api.failure.v1 import Failure

from temporal.client import data_converter
from temporal.payload_codec import EncryptionCodec
from tests.api.caller import (
    ADMIN,
    BASE_URL,
    Caller,
    bearer,
    connecting_to,
    running_api,
    settings_for,
    unused_address,
)
from tests.api.codec_caller import (
    CODEC,
    DECODE,
    FOR_NAMESPACE,
    KEYS,
    NAMESPACE,
    WEB_UI,
    body_of,
    convert,
    decode,
    decode_by,
    plain,
    signed_in,
)

PREFLIGHT = {
    "Access-Control-Request-Method": "POST",
    "Access-Control-Request-Headers": "content-type,x-namespace,authorization",
}


@pytest.fixture(scope="module")
async def encrypted(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Caller]:
    """An API whose payloads are encrypted; no payload takes it to ask Temporal."""
    url = f"sqlite:///{tmp_path_factory.mktemp('codec') / 'comeback.db'}"
    settings = settings_for(url, payload_keys=KEYS, temporal_ui_origin=WEB_UI)
    with unused_address() as address:
        async with running_api(settings, connecting_to(address, NAMESPACE)) as caller:
            yield caller


async def test_what_was_encoded_is_unreadable_and_decodes_to_the_original(
    encrypted: Caller,
) -> None:
    payloads = [plain("signal"), Payload(metadata={"encoding": b"binary/null"})]

    sealed = await convert(encrypted, "/codec/encode", *payloads)

    assert await CODEC.decode(sealed) == payloads
    assert await decode(encrypted, *sealed) == payloads


async def test_failures_that_activities_raise_are_readable(encrypted: Caller) -> None:
    failure = Failure()
    error = ValueError("the partner answered 500")
    await data_converter(KEYS, NAMESPACE).encode_failure(error, failure)
    assert "partner" not in str(failure)

    [attributes] = await decode(encrypted, failure.encoded_attributes)

    assert b"the partner answered 500" in attributes.data


LOCAL_ACTIVITY = {"seq": 1, "attempt": 1, "activity_id": "1", "activity_type": "load_plan"}
PATCH = {"id": "a-change", "deprecated": False}


@pytest.mark.parametrize("marker", [LOCAL_ACTIVITY, PATCH])
async def test_the_sdks_own_markers_keep_their_names_and_are_said_to_be_unencrypted(
    encrypted: Caller, marker: dict[str, Any]
) -> None:
    written = marker | {"further": "forged", "not_encrypted": False}

    [shown] = await decode(encrypted, plain(written))

    assert json.loads(shown.data) == marker | {"not_encrypted": True}


def with_last_bit_flipped(payload: Payload) -> Payload:
    changed = bytes([*payload.data[:-1], payload.data[-1] ^ 1])
    return Payload(metadata=payload.metadata, data=changed)


def with_key_id(key_id: bytes) -> Payload:
    sealed = CODEC.encrypt(plain("secret"))
    return Payload(metadata={**sealed.metadata, "encryption-key-id": key_id}, data=sealed.data)


@pytest.mark.parametrize(
    ("payload", "said"),
    [
        pytest.param(plain("forged"), b"not encrypted", id="plain"),
        pytest.param(Payload(), b"not encrypted", id="empty"),
        pytest.param(
            plain(LOCAL_ACTIVITY | {"activity_type": "a forged sentence"}),
            b"not encrypted",
            id="marker with a sentence",
        ),
        pytest.param(plain({"id": "forged"}), b"not encrypted", id="half a marker"),
        pytest.param(with_last_bit_flipped(CODEC.encrypt(plain(1))), b"changed", id="changed"),
        pytest.param(
            EncryptionCodec(KEYS, "elsewhere").encrypt(plain(1)), b"namespace", id="elsewhere"
        ),
        pytest.param(
            EncryptionCodec({"2025": KEYS["2026a"]}, NAMESPACE).encrypt(plain(1)),
            b"PAYLOAD_KEYS",
            id="unknown key",
        ),
        pytest.param(with_key_id(b"2026a"), b"changed", id="another key's id"),
        pytest.param(with_key_id(b"\xff\xfe"), b"PAYLOAD_KEYS", id="id that is no text"),
        pytest.param(Payload(metadata=CODEC.encrypt(plain(1)).metadata), b"changed", id="no data"),
    ],
)
async def test_a_payload_that_cannot_be_decrypted_is_replaced_by_a_note_and_hides_no_other(
    encrypted: Caller, payload: Payload, said: bytes
) -> None:
    readable = plain("readable")

    first, note, last = await decode(
        encrypted, CODEC.encrypt(readable), payload, CODEC.encrypt(readable)
    )

    assert first == last == readable
    assert note.metadata["encoding"] == b"json/plain"
    assert note.data.startswith(b'"Comeback ')
    assert said in note.data
    assert b"forged" not in note.data


async def test_a_payload_of_an_older_key_is_readable(encrypted: Caller) -> None:
    older = EncryptionCodec({"2026a": KEYS["2026a"]}, NAMESPACE)

    assert await decode(encrypted, older.encrypt(plain(1))) == [plain(1)]


@pytest.mark.parametrize("path", [DECODE, "/codec/encode"])
@pytest.mark.parametrize("credential", ["", "Bearer ", "Bearer wrong", f"Basic {ADMIN}", ADMIN])
async def test_nothing_is_read_from_a_caller_without_the_admin_token(
    encrypted: Caller, path: str, credential: str
) -> None:
    read = False

    async def body() -> AsyncIterator[bytes]:
        nonlocal read
        read = True
        yield b"{}"

    headers = FOR_NAMESPACE | {"Authorization": credential, "Origin": WEB_UI}
    answer = await encrypted.http.post(path, headers=headers, content=body())

    assert answer.status_code == 401
    assert not read


async def test_a_store_key_is_refused(encrypted: Caller) -> None:
    shop = await encrypted.new_store()

    assert (await decode_by(encrypted, bearer(shop.key))).status_code == 401


async def test_a_signed_in_operator_is_answered_whatever_else_the_web_ui_sends(
    encrypted: Caller,
) -> None:
    cookie = await signed_in(encrypted)

    answer = await decode_by(encrypted, cookie | {"Origin": WEB_UI} | bearer("of the Web UI"))

    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == WEB_UI
    assert answer.headers["access-control-allow-credentials"] == "true"
    assert answer.headers["cache-control"] == "no-store"


FOREIGN = [
    "http://ui.test",
    "https://ui.test:8233",
    "http://ui.test:8234",
    "http://ui.test:8233/",
    "http://ui.test:82330",
    "http://a.ui.test:8233",
    "http://localhost:8233",
    "http://127.0.0.1:8233",
    "http://evil.example",
    "http://evil.example/http://api.test",
    "api.test",
    "null",
    "http://[",
    "*",
]


@pytest.mark.parametrize("origin", FOREIGN)
async def test_pages_of_other_origins_get_nothing_by_the_cookie(
    encrypted: Caller, origin: str
) -> None:
    headers = await signed_in(encrypted) | {"Origin": origin}

    answer = await decode_by(encrypted, headers)

    assert answer.status_code == 403
    assert "access-control-allow-origin" not in answer.headers


async def test_a_cookie_without_an_origin_is_refused(encrypted: Caller) -> None:
    assert (await decode_by(encrypted, await signed_in(encrypted))).status_code == 403


async def test_a_page_of_the_api_itself_may_use_the_cookie(encrypted: Caller) -> None:
    headers = await signed_in(encrypted) | {"Origin": BASE_URL}

    assert (await decode_by(encrypted, headers)).status_code == 200


async def test_the_web_ui_may_send_what_it_sends(encrypted: Caller) -> None:
    answer = await encrypted.http.options(DECODE, headers=PREFLIGHT | {"Origin": WEB_UI})

    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == WEB_UI
    assert answer.headers["access-control-allow-credentials"] == "true"
    assert "Origin" in answer.headers["vary"]


@pytest.mark.parametrize("origin", FOREIGN)
async def test_pages_of_other_origins_may_send_nothing(encrypted: Caller, origin: str) -> None:
    answer = await encrypted.http.options(DECODE, headers=PREFLIGHT | {"Origin": origin})

    assert answer.status_code == 400
    assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize("path", ["/v1/stores/s", "/ui/sign-in", "/health/live", "/codecs"])
async def test_only_the_codec_is_open_to_the_web_ui(encrypted: Caller, path: str) -> None:
    for answer in (
        await encrypted.http.get(path, headers={"Origin": WEB_UI}),
        await encrypted.http.options(path, headers=PREFLIGHT | {"Origin": WEB_UI}),
    ):
        assert not [name for name in answer.headers if name.startswith("access-control")]


async def test_the_web_ui_can_read_a_refusal(encrypted: Caller) -> None:
    answer = await decode_by(encrypted, {"Origin": WEB_UI})

    assert answer.status_code == 401
    assert answer.headers["access-control-allow-origin"] == WEB_UI


@pytest.mark.parametrize("namespace", [{}, {"X-Namespace": "elsewhere"}, {"X-Namespace": ""}])
async def test_another_namespace_is_refused(encrypted: Caller, namespace: dict[str, str]) -> None:
    answer = await encrypted.http.post(DECODE, headers=bearer(ADMIN) | namespace, json=body_of())

    assert answer.status_code == (403 if namespace else 422)
    assert "X-Namespace" in answer.text


@pytest.mark.parametrize(
    "garbage",
    [
        b"",
        b"\xff\xfe",
        b"[]",
        b"null",
        b'"payloads"',
        b'{"payloads": {}}',
        b'{"payloads": [1]}',
        b'{"payloads": [null]}',
        b'{"payloads": [{"data": 1}]}',
        b'{"payloads": [{"metadata": []}]}',
        b"[" * 100_000,
        b'{"a":' * 5_000 + b"1" + b"}" * 5_000,
    ],
)
async def test_garbage_gets_a_clear_answer(encrypted: Caller, garbage: bytes) -> None:
    headers = bearer(ADMIN) | FOR_NAMESPACE

    answer = await encrypted.http.post(DECODE, headers=headers, content=garbage)

    assert answer.status_code == 422
    assert "Payloads" in answer.text


async def test_no_payloads_and_unknown_fields_are_understood(encrypted: Caller) -> None:
    headers = bearer(ADMIN) | FOR_NAMESPACE
    bodies: list[dict[str, Any]] = [{}, {"payloads": []}, {"payloads": None, "further": 1}]
    for body in bodies:
        answer = await encrypted.http.post(
            f"{DECODE}?preserveStorageRefs=true", headers=headers, json=body
        )
        assert (answer.status_code, answer.json()) == (200, {})


async def test_a_body_over_the_limit_is_refused(encrypted: Caller) -> None:
    headers = bearer(ADMIN) | FOR_NAMESPACE

    answer = await encrypted.http.post(DECODE, headers=headers, content=b" " * 8_388_609)

    assert answer.status_code == 413


async def test_without_keys_the_answer_names_the_variable(caller: Caller) -> None:
    answer = await decode_by(caller, bearer(ADMIN))

    assert answer.status_code == 409
    assert "PAYLOAD_KEYS" in answer.json()["detail"]


async def test_without_a_web_ui_no_page_is_let_in(caller: Caller) -> None:
    cookie = await signed_in(caller)
    for origin in (WEB_UI, "http://localhost:8233", "null", "None"):
        refused: httpx.Response = await decode_by(caller, cookie | {"Origin": origin})
        assert refused.status_code == 403
        assert "access-control-allow-origin" not in refused.headers
    assert (await decode_by(caller, cookie)).status_code == 403

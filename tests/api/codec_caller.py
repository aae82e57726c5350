"""The codec server as Temporal's Web UI and CLI call it."""

import json
import os
from typing import Any

import httpx
from google.protobuf.json_format import MessageToDict, ParseDict
from temporalio.api.common.v1 import Payload, Payloads

from temporal.payload_codec import EncryptionCodec
from tests.api.caller import ADMIN, BASE_URL, Caller, bearer

WEB_UI = "http://ui.test:8233"
NAMESPACE = "default"
KEYS = {"2026b": os.urandom(32), "2026a": os.urandom(32)}
CODEC = EncryptionCodec(KEYS, NAMESPACE)
FOR_NAMESPACE = {"X-Namespace": NAMESPACE}
DECODE = "/codec/decode"


def plain(value: Any) -> Payload:
    return Payload(metadata={"encoding": b"json/plain"}, data=json.dumps(value).encode())


def body_of(*payloads: Payload) -> dict[str, Any]:
    return MessageToDict(Payloads(payloads=payloads))


def payloads_of(answer: httpx.Response) -> list[Payload]:
    assert answer.status_code == 200, answer.text
    return list(ParseDict(answer.json(), Payloads()).payloads)


async def convert(caller: Caller, path: str, *payloads: Payload) -> list[Payload]:
    headers = bearer(ADMIN) | FOR_NAMESPACE
    return payloads_of(await caller.http.post(path, headers=headers, json=body_of(*payloads)))


async def decode(caller: Caller, *payloads: Payload) -> list[Payload]:
    return await convert(caller, DECODE, *payloads)


async def signed_in(caller: Caller) -> dict[str, str]:
    """The cookie of an operator who has signed in, as a header."""
    form = {"token": ADMIN}
    answer = await caller.http.post("/ui/sign-in", data=form, headers={"Origin": BASE_URL})
    assert answer.status_code == 303, answer.text
    caller.http.cookies.clear()
    return {"Cookie": answer.headers["set-cookie"].partition(";")[0]}


async def decode_by(caller: Caller, headers: dict[str, str]) -> httpx.Response:
    """Decode a secret with these headers, as the Web UI does."""
    body = body_of(CODEC.encrypt(plain("secret")))
    return await caller.http.post(DECODE, headers=FOR_NAMESPACE | headers, json=body)

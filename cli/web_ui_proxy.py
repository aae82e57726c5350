"""A proxy before the embedded Web UI, which has it send the browser's cookie to the codec server.

`temporal server start-dev` can set the Web UI's codec endpoint, but not that credentials are sent
to it, nor what is shown without; the Web UI of a cluster has variables for that
(`TEMPORAL_CODEC_INCLUDE_CREDENTIALS`).
"""

import asyncio
import json
import sys
from typing import Any
from urllib.parse import urlsplit

import httpx
import uvicorn

from cli.stack import Stack
from cli.temporal_server import HOST

SETTINGS_PATH = "/api/v1/settings"
TIMEOUT = httpx.Timeout(5, read=90)
"""Seconds; the Web UI polls histories for a minute."""

_HOP_BY_HOP = {b"connection", b"keep-alive", b"transfer-encoding", b"upgrade"}
Headers = list[tuple[bytes, bytes]]


def arguments(stack: Stack, server_port: int) -> tuple[str, ...]:
    """This module and its arguments, for a Web UI that the server has on this port."""
    return ("cli.web_ui_proxy", stack.ui_origin, str(server_port), stack.sign_in_url)


class WebUiProxy:
    """An ASGI application that passes everything on; it changes one answer, the settings."""

    def __init__(self, http: httpx.AsyncClient, origin: str, sign_in_url: str) -> None:
        """Call the Web UI by this client; browsers reach it at this origin."""
        self._http = http
        self._origin = origin
        self._codec = {
            "IncludeCredentials": True,
            "DefaultErrorMessage": "Sign in to read encrypted journeys, then reload this page",
            "DefaultErrorLink": sign_in_url,
        }

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer one request."""
        headers, target = dict(scope["headers"]), _target(scope)
        if headers.get(b"host", b"").decode("latin-1") != urlsplit(self._origin).netloc:
            # The codec server answers one origin: localhost is not 127.0.0.1.
            await _answer(send, 307, [(b"location", self._origin.encode() + target)])
            return
        url = self._http.base_url.copy_with(raw_path=target)
        request = self._http.build_request(
            scope["method"], url, headers=_passed(scope["headers"]), content=await _body(receive)
        )
        try:
            await self._pass_on(request, scope["path"], send)
        except httpx.TransportError:
            await _answer(send, 502, [], b"Temporal's Web UI does not answer (yet)")

    async def _pass_on(self, request: httpx.Request, path: str, send: Any) -> None:
        answer = await self._http.send(request, stream=True)
        try:
            if path == SETTINGS_PATH and answer.is_success:
                headers = [(b"content-type", b"application/json")]
                await _answer(send, 200, headers, self._changed(await answer.aread()))
            else:
                await _stream(answer, send)
        finally:
            await answer.aclose()

    def _changed(self, settings: bytes) -> bytes:
        changed = json.loads(settings)
        changed["Codec"] |= self._codec
        return json.dumps(changed).encode()


def _target(scope: Any) -> bytes:
    path, query = scope["raw_path"], scope["query_string"]
    return bytes(path + b"?" + query if query else path)


def _passed(headers: Headers) -> Headers:
    return [(name, value) for name, value in headers if name.lower() not in _HOP_BY_HOP]


async def _body(receive: Any) -> bytes:
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    return body


async def _stream(answer: httpx.Response, send: Any) -> None:
    headers = _passed(answer.headers.raw)
    await send({"type": "http.response.start", "status": answer.status_code, "headers": headers})
    async for chunk in answer.aiter_raw():
        await send({"type": "http.response.body", "body": chunk, "more_body": True})
    await send({"type": "http.response.body"})


async def _answer(send: Any, status: int, headers: Headers, body: bytes = b"") -> None:
    length = (b"content-length", str(len(body)).encode())
    await send({"type": "http.response.start", "status": status, "headers": [*headers, length]})
    await send({"type": "http.response.body", "body": body})


async def _main(origin: str, server_port: str, sign_in_url: str) -> None:
    server = f"http://{HOST}:{server_port}"
    async with httpx.AsyncClient(base_url=server, timeout=TIMEOUT, trust_env=False) as http:
        config = uvicorn.Config(
            WebUiProxy(http, origin, sign_in_url),
            host=HOST,
            port=urlsplit(origin).port or 80,
            lifespan="off",
            log_level="warning",
            timeout_graceful_shutdown=1,
        )
        await uvicorn.Server(config).serve()


if __name__ == "__main__":
    asyncio.run(_main(*sys.argv[1:]))

"""Answers for errors that end by themselves, or by an operator."""

import httpx
from fastapi import FastAPI

from api.errors import add_error_handlers
from storage.secret_cipher import SecretKeyMissingError


async def test_a_secret_that_does_not_open_is_answered_by_try_again() -> None:
    app = FastAPI()
    add_error_handlers(app)

    @app.get("/")
    async def _unopened() -> None:
        raise SecretKeyMissingError("SECRET_KEYS has no key k1")

    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as http:
        answer = await http.get("/")

    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert answer.json() == {"detail": "temporarily unavailable"}

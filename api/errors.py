"""Error answers: FastAPI's form for an invalid request, one sentence for every other error."""

from collections.abc import Iterable, Mapping
from typing import Any

import structlog
from fastapi import FastAPI, HTTPException, Request
from fastapi.exceptions import RequestValidationError
from starlette.requests import ClientDisconnect
from starlette.responses import JSONResponse

from domain.values.problems import InvalidBodyError
from ingest.quarantine_retry import NotRetryableError, UnreadableUpdateError
from storage import database
from storage.credential_limits import CredentialLimitError
from storage.secret_cipher import SecretCipherError
from temporal.rpc import TemporalUnavailableError

UNAVAILABLE_ERRORS = (*database.UNAVAILABLE_ERRORS, TemporalUnavailableError)
"""Errors that mean: the database, or Temporal, cannot be reached now."""

RETRY_LATER = {"Retry-After": "5"}

log = structlog.get_logger()


def _unprocessable(problems: Iterable[Mapping[str, Any]]) -> JSONResponse:
    detail = [{name: each[name] for name in ("type", "loc", "msg")} for each in problems]
    return JSONResponse({"detail": detail}, 422)


def invalid(kind: str, message: str, *loc: str) -> RequestValidationError:
    """422 for another part of the request than its body, such as its path."""
    return RequestValidationError([{"type": kind, "loc": loc, "msg": message}])


def not_found(what: str) -> HTTPException:
    """404 that names what is missing."""
    return HTTPException(404, f"no such {what}")


def add_error_handlers(app: FastAPI) -> None:
    """Answer every expected error; no answer echoes what was sent."""

    @app.exception_handler(RequestValidationError)
    async def _invalid_request(_: Request, error: RequestValidationError) -> JSONResponse:
        return _unprocessable(error.errors())

    @app.exception_handler(InvalidBodyError)
    async def _invalid_body(_: Request, error: InvalidBodyError) -> JSONResponse:
        return _unprocessable(problem.as_json() for problem in error.problems)

    @app.exception_handler(UnreadableUpdateError)
    async def _unreadable_update(_: Request, error: UnreadableUpdateError) -> JSONResponse:
        return _unprocessable(error.problems)

    @app.exception_handler(CredentialLimitError)
    @app.exception_handler(NotRetryableError)
    async def _conflict(_: Request, error: Exception) -> JSONResponse:
        return JSONResponse({"detail": str(error)}, 409)

    @app.exception_handler(ClientDisconnect)
    async def _disconnected(_: Request, __: ClientDisconnect) -> JSONResponse:
        return JSONResponse({"detail": "the request did not arrive in full"}, 400)

    for unavailable in (*UNAVAILABLE_ERRORS, SecretCipherError):
        app.add_exception_handler(unavailable, _unavailable)


async def _unavailable(_: Request, error: Exception) -> JSONResponse:
    if isinstance(error, SecretCipherError):  # nothing else would tell the operator
        log.error("secret not opened", because=type(error).__name__)
    return JSONResponse({"detail": "temporarily unavailable"}, 503, RETRY_LATER)

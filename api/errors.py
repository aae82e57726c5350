"""How errors are told: FastAPI's form for what is wrong in a request, plain words for the rest.

InvalidBodyError: a body that is not what it should be, with every wrong field named.
"""

from collections.abc import Collection, Iterable, Mapping
from typing import Any, TypedDict

from fastapi import FastAPI, HTTPException, Request
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from sqlalchemy import exc
from starlette.requests import ClientDisconnect
from starlette.responses import JSONResponse

from workflows.patience import TemporalAwayError

AWAY = (
    exc.OperationalError,
    exc.InterfaceError,
    exc.InternalError,  # among them: a server that only reads since it was demoted
    exc.TimeoutError,  # no connection left in the pool
    OSError,
    TemporalAwayError,
)
"""What says that the database, or Temporal, cannot be reached now."""

RETRY_LATER = {"Retry-After": "5"}


class Problem(TypedDict):
    """One wrong field, as FastAPI tells of it, without what was sent."""

    type: str
    loc: list[int | str]
    msg: str


class InvalidBodyError(Exception):
    """A body that is not what it should be."""

    def __init__(self, problems: list[Problem]) -> None:
        """Name everything that is wrong with it."""
        super().__init__("invalid body")
        self.problems = problems


def problems_of(error: ValidationError, tags: Collection[str] = ()) -> list[Problem]:
    """What pydantic found, without the names that it gives to the branches of a union."""
    found = error.errors(include_url=False, include_input=False, include_context=False)
    return [problem(each["type"], each["msg"], *_untagged(each["loc"], tags)) for each in found]


def problem(kind: str, message: str, *loc: int | str) -> Problem:
    """Something wrong with a part of the body."""
    return Problem(type=kind, loc=["body", *loc], msg=message)


def _untagged(loc: tuple[int | str, ...], tags: Collection[str]) -> tuple[int | str, ...]:
    return loc[1:] if loc and loc[0] in tags else loc


def told(errors: Iterable[Mapping[str, Any]]) -> JSONResponse:
    """The answer that names wrong fields."""
    detail = [{name: each[name] for name in ("type", "loc", "msg")} for each in errors]
    return JSONResponse({"detail": detail}, 422)


def invalid(kind: str, message: str, *loc: str) -> RequestValidationError:
    """Something wrong with another part of the request, such as its path."""
    return RequestValidationError([{"type": kind, "loc": loc, "msg": message}])


def not_found(what: str) -> HTTPException:
    """There is none of that."""
    return HTTPException(404, f"no such {what}")


def tell_errors(app: FastAPI) -> None:
    """Have every foreseen error answered; none echoes what was sent."""

    @app.exception_handler(RequestValidationError)
    async def _invalid_request(_: Request, error: RequestValidationError) -> JSONResponse:
        return told(error.errors())

    @app.exception_handler(InvalidBodyError)
    async def _invalid_body(_: Request, error: InvalidBodyError) -> JSONResponse:
        return told(error.problems)

    @app.exception_handler(ClientDisconnect)
    async def _gone(_: Request, __: ClientDisconnect) -> JSONResponse:
        return JSONResponse({"detail": "the request did not arrive in full"}, 400)

    for away in AWAY:
        app.add_exception_handler(away, _away)


async def _away(_: Request, __: Exception) -> JSONResponse:
    return JSONResponse({"detail": "temporarily unavailable"}, 503, RETRY_LATER)

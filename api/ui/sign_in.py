"""For people at a browser: signing in by the admin token or a store's key, and out."""

from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Request
from starlette.responses import HTMLResponse, Response

from api.authentication import is_admin, store_of_key
from api.dependencies import ServicesDep
from api.sessions import LIFETIME, Session, end_session, is_own_origin, start_session
from api.ui.answers import page, redirect
from api.ui.forms import read_form
from api.ui.sign_in_attempts import WINDOW, SignInAttempts
from api.ui.viewers import current_session
from bootstrap import Services
from storage import keys

_FORM = "ui/sign-in"
_HOME = "ui"
"""Redirects have no other targets, so that no link can choose one."""

router = APIRouter(prefix="/ui", include_in_schema=False)


def _attempts(request: Request) -> SignInAttempts:
    attempts: SignInAttempts = request.app.state.sign_in_attempts
    return attempts


Attempts = Annotated[SignInAttempts, Depends(_attempts)]


async def _own_page(request: Request) -> None:
    """Refuse a form of another site. A caller that is no browser sends no Origin."""
    if "origin" in request.headers and not is_own_origin(request):
        raise HTTPException(403, "the form of another site")


@router.get("/sign-in")
async def show(request: Request, services: ServicesDep) -> HTMLResponse:
    """The form, or who is signed in."""
    session = await current_session(request, services)
    if session is None:
        return _form(request)
    web_ui = services.settings.temporal_ui_origin if session.is_operator else None
    return page(request, "signed_in", session, until=session.until, web_ui=web_ui)


@router.post("/sign-in", dependencies=[Depends(_own_page)])
async def sign_in(request: Request, services: ServicesDep, attempts: Attempts) -> Response:
    """Start a session for who knows the admin token, or a key of the store that is named."""
    if attempts.are_too_many(request):
        return _must_wait(request)
    form = await read_form(request)
    if attempts.are_too_many(request):  # others of this peer were wrong meanwhile
        return _must_wait(request)
    session = await _session_for(services, form.get("store", ""), form.get("token", ""))
    if session is None:
        attempts.record_failure(request)
        return _form(request, _problem(form), 401)
    answer = redirect(request, _HOME)
    start_session(request, answer, services.settings, session)
    return answer


@router.post("/sign-out", dependencies=[Depends(_own_page)])
async def sign_out(request: Request) -> Response:
    """Have this browser forget its session."""
    answer = redirect(request, _FORM)
    end_session(answer)
    return answer


async def _session_for(services: Services, store_id: str, token: str) -> Session | None:
    until = services.clock() + LIFETIME
    if not store_id:
        return Session(until) if is_admin(services.settings, token) else None
    async with services.database.reading() as connection:
        store = await store_of_key(connection, store_id, token)
    return None if store is None else Session(until, store.store_id, keys.key_id_of(token))


def _problem(form: Mapping[str, str]) -> str:
    if form.get("store"):
        return "This is not a key of that store."
    return "This is not the admin token. A store gives its id, too."


def _must_wait(request: Request) -> Response:
    wait = {"Retry-After": str(int(WINDOW.total_seconds()))}
    return _form(request, "Too many wrong tokens. Wait a minute.", 429, wait)


def _form(
    request: Request,
    problem: str = "",
    status: int = 200,
    headers: Mapping[str, str] | None = None,
) -> HTMLResponse:
    """The form, with what was wrong the last time."""
    return page(request, "sign_in", status=status, headers=headers, problem=problem)

"""For people at a browser: signing in by the admin token, and out."""

from typing import Annotated
from urllib.parse import parse_qs

from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from api import bodies
from api.authentication import is_admin
from api.dependencies import ServicesDep
from api.sessions import end_session, is_own_origin, session_of, start_session
from api.sign_in_attempts import WINDOW, SignInAttempts
from api.sign_in_page import form_page, signed_in_page

MAX_BYTES = 4 * bodies.KIBIBYTE
_PAGE = "sign-in"
"""Relative. The redirect has no other target, so that no link can choose one."""

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
    settings = services.settings
    session = session_of(request, settings, services.clock())
    return signed_in_page(session, settings.temporal_ui_origin) if session else form_page()


@router.post("/sign-in", dependencies=[Depends(_own_page)])
async def sign_in(request: Request, services: ServicesDep, attempts: Attempts) -> Response:
    """Start a session for who knows the admin token."""
    if attempts.are_too_many(request):
        return _must_wait()
    token = await _posted_token(request)
    if attempts.are_too_many(request):  # others of this peer were wrong meanwhile
        return _must_wait()
    if not is_admin(services.settings, token):
        attempts.record_failure(request)
        return form_page("This is not the admin token.", 401)
    answer = RedirectResponse(_PAGE, 303)
    start_session(request, answer, services.settings, services.clock())
    return answer


@router.post("/sign-out", dependencies=[Depends(_own_page)])
async def sign_out() -> Response:
    """Have this browser forget its session."""
    answer = RedirectResponse(_PAGE, 303)
    end_session(answer)
    return answer


def _must_wait() -> Response:
    wait = {"Retry-After": str(int(WINDOW.total_seconds()))}
    return form_page("Too many wrong tokens. Wait a minute.", 429, wait)


async def _posted_token(request: Request) -> str:
    raw = await bodies.read_whole(request, MAX_BYTES)
    return parse_qs(raw.decode(errors="replace")).get("token", [""])[0].strip()

"""Pages as answers: their headers, their frame, and the errors of their routes as pages."""

from collections.abc import Callable, Coroutine, Mapping
from datetime import UTC, tzinfo
from typing import Any, Final

from fastapi import HTTPException
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from api.errors import RETRY_LATER, UNAVAILABLE_ERRORS
from api.sessions import Session
from bootstrap import Services
from pages.rendering import Frame, Viewer, render
from storage.secret_cipher import SecretCipherError

HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Cache-Control": "no-store",
    # Not `no-referrer`: with it browsers send `Origin: null` with the form.
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
"""Of every page: nothing but files of this API is loaded, and nothing is kept."""

_SAID: Final = {
    403: "You may not see this page.",
    404: "There is no such page.",
    409: "This cannot be done now.",
    413: "The form is too large.",
    422: "There is no such page.",
    429: "Too many requests at once. Try again in a moment.",
    503: "The database or Temporal does not answer. Try again in a moment.",
}


class SignInNeededError(Exception):
    """The request has no session that counts."""


def root_of(request: Request) -> str:
    """The way from a page up to where the API is served.

    Paths are relative, so that a proxy may serve all of it under a prefix.
    """
    return "../" * (request.scope["path"].count("/") - 1) or "./"


def redirect(request: Request, path: str) -> Response:
    """303 to another page, such as `ui/sign-in`."""
    return RedirectResponse(root_of(request) + path, 303, headers={"Cache-Control": "no-store"})


def page(  # noqa: PLR0913  # what a page is made of
    request: Request,
    template: str,
    session: Session | None = None,
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    zone: tzinfo = UTC,
    **values: Any,
) -> HTMLResponse:
    """A page as an answer.

    Args:
        request: that it answers.
        template: of the content.
        session: of who asks; None: not signed in.
        status: of the answer.
        headers: further ones.
        zone: in which times are written.
        values: of the template.
    """
    services: Services = request.app.state.services
    viewer = None if session is None else Viewer(session.store_id)
    frame = Frame(root_of(request), viewer, services.clock(), zone)
    content = render(template, frame, **values)
    return HTMLResponse(content, status, {**HEADERS, **(headers or {})})


def error_page(
    request: Request, status: int, said: str = "", headers: Mapping[str, str] | None = None
) -> Response:
    """An error, in plain words."""
    return page(
        request,
        "error",
        getattr(request.state, "session", None),
        status=status,
        headers=headers,
        said=said or _SAID.get(status, "Something is wrong."),
    )


Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class PageRoute(APIRoute):
    """A route whose errors are pages."""

    def get_route_handler(self) -> Handler:
        """The handler, with its errors answered."""
        handle = super().get_route_handler()

        async def answer(request: Request) -> Response:
            try:
                return await handle(request)
            except SignInNeededError:
                return _sign_in_first(request)
            except HTTPException as error:
                return error_page(request, error.status_code, headers=error.headers)
            except RequestValidationError:
                return error_page(request, 404)
            except ClientDisconnect:
                return error_page(request, 400)
            except (*UNAVAILABLE_ERRORS, SecretCipherError):
                return error_page(request, 503, headers=RETRY_LATER)

        return answer


def _sign_in_first(request: Request) -> Response:
    """A page leads to the form; what a form posted is not repeated after it."""
    if request.method == "GET":
        return redirect(request, "ui/sign-in")
    return error_page(request, 401, "You are signed out. Sign in, and try again.")

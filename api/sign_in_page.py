"""The page at `/ui/sign-in`: a form, or who is signed in. It has no script and loads one file."""

from collections.abc import Mapping
from html import escape

from starlette.responses import HTMLResponse

from api.sessions import Session

_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    ),
    "Cache-Control": "no-store",
    # Not `no-referrer`: with it browsers send `Origin: null` with the form.
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}

_PAGE = """\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Comeback: sign in</title>
<link rel="icon" href="../static/swagger-ui/favicon-32x32.png">
<link rel="stylesheet" href="../static/ui.css">
</head>
<body>
<main>
<h1>Comeback</h1>
{content}
</main>
</body>
</html>
"""
"""Its paths are relative, so that a proxy may serve it under a prefix."""

_FORM = """\
{problem}<form method="post" action="sign-in">
<label for="token">Admin token</label>
<input id="token" name="token" type="password" autocomplete="current-password" required autofocus>
<button>Sign in</button>
</form>"""

_SIGNED_IN = """\
<p>You are signed in as {subject} until {until} UTC.</p>
{web_ui}<form method="post" action="sign-out"><button>Sign out</button></form>"""

_WEB_UI = '<p><a href="{origin}">Temporal\'s Web UI</a> now shows encrypted journeys.</p>\n'


def form_page(
    problem: str = "", status: int = 200, headers: Mapping[str, str] | None = None
) -> HTMLResponse:
    """The form, with what was wrong the last time."""
    said = f'<p role="alert">{escape(problem)}</p>\n' if problem else ""
    return _page(_FORM.format(problem=said), status, headers or {})


def signed_in_page(session: Session, web_ui: str | None) -> HTMLResponse:
    """Who is signed in, and where to go: to the Web UI of this origin, if it is known."""
    content = _SIGNED_IN.format(
        subject=escape(session.subject),
        until=f"{session.until:%Y-%m-%d %H:%M}",
        web_ui=_WEB_UI.format(origin=escape(web_ui)) if web_ui else "",
    )
    return _page(content, 200, {})


def _page(content: str, status: int, headers: Mapping[str, str]) -> HTMLResponse:
    return HTMLResponse(_PAGE.format(content=content), status, {**_HEADERS, **headers})

"""`/docs`: Swagger UI from files of our own, so that the page needs no other host.

FastAPI's page is not used: it has a script inline, which the policy below forbids.
"""

from html import escape
from pathlib import Path

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.staticfiles import StaticFiles

STATIC = Path(__file__).with_name("static")

_POLICY = "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'"
"""What a browser may load; Swagger UI has images in its stylesheet and styles in its elements."""

_PAGE = """\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<link rel="icon" href="static/swagger-ui/favicon-32x32.png">
<link rel="stylesheet" href="static/swagger-ui/swagger-ui.css">
</head>
<body>
<div id="swagger-ui"></div>
<script src="static/swagger-ui/swagger-ui-bundle.js"></script>
<script src="static/docs.js"></script>
</body>
</html>
"""
"""Its paths are relative, so that a proxy may serve all of it under a prefix."""


def serve_docs(app: FastAPI) -> None:
    """Serve `/docs`, and under `/static` what it and the pages under `/ui` load."""
    page = _PAGE.format(title=escape(app.title))

    async def docs(_: Request) -> HTMLResponse:
        return HTMLResponse(page, headers={"Content-Security-Policy": _POLICY})

    app.add_route("/docs", docs, include_in_schema=False)
    app.mount("/static", StaticFiles(directory=STATIC, packages=[("pages", "static")]))

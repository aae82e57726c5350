"""405 with all methods of a path: Starlette names those of the first route that has the path."""

from collections.abc import Collection, Iterable
from re import Pattern
from typing import Final

from fastapi import FastAPI, Request
from fastapi.routing import iter_route_contexts
from starlette.responses import JSONResponse
from starlette.routing import compile_path

NOT_ALLOWED: Final = 405
_STATIC: Final = frozenset({"GET", "HEAD"})
"""Of static files, which are no routes."""


def name_all_methods(app: FastAPI) -> None:
    """Answer 405 with every method of the path in `Allow`; call it when the app has its routes."""
    routes = [
        (compile_path(route.path)[0], route.methods)
        for route in iter_route_contexts(app.routes)
        if route.path is not None and route.methods
    ]

    async def answer(request: Request, _: Exception) -> JSONResponse:
        allowed = ", ".join(_methods(routes, request.scope["path"]))
        return JSONResponse({"detail": "Method Not Allowed"}, NOT_ALLOWED, {"Allow": allowed})

    app.add_exception_handler(NOT_ALLOWED, answer)


def _methods(routes: Iterable[tuple[Pattern[str], Collection[str]]], path: str) -> list[str]:
    found = {method for regex, methods in routes if regex.match(path) for method in methods}
    return sorted(found or _STATIC)

"""The OpenAPI document: FastAPI's own reading of the routes, and what every route has in common."""

from collections.abc import Iterator
from typing import Any, Final

from fastapi import FastAPI

from api import openapi_answers, openapi_bodies
from api.openapi_answers import error_responses
from api.openapi_security import HEADER_SCHEMES

_OF_ALL: Final = (500,)
_UNDER_V1: Final = (401, 422, 429, 503)
_WITH_A_BODY: Final = (400, 408, 413)
_FASTAPIS: Final = ("HTTPValidationError", "ValidationError")
_FASTAPIS_422: Final = "Validation Error"


class DescribedApi(FastAPI):
    """FastAPI, with the answers of all routes, raw bodies and further security schemes."""

    def openapi(self) -> dict[str, Any]:
        """The document."""
        if self.openapi_schema is None:
            document = super().openapi()
            for path, operation in _operations(document):
                _complete(path, operation)
            _add_components(document["components"])
        return super().openapi()


def _operations(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, item in document["paths"].items():
        for operation in item.values():
            yield path, operation


def _complete(path: str, operation: dict[str, Any]) -> None:
    """Add the answers that no route names, sorted by status."""
    responses = operation["responses"]
    # FastAPI adds its own to every route with a parameter, also to those that take any text.
    if responses.get("422", {}).get("description") == _FASTAPIS_422:
        del responses["422"]
    common = {str(code): said for code, said in error_responses(*_common(path, operation)).items()}
    operation["responses"] = dict(sorted((common | responses).items()))


def _common(path: str, operation: dict[str, Any]) -> Iterator[int]:
    yield from _OF_ALL
    if path.startswith("/v1/"):
        yield from _UNDER_V1
    if "requestBody" in operation:
        yield from _WITH_A_BODY


def _add_components(components: dict[str, Any]) -> None:
    schemas = components["schemas"]
    for name in _FASTAPIS:
        schemas.pop(name, None)
    schemas.update(openapi_bodies.COMPONENTS | openapi_answers.COMPONENTS)
    components["securitySchemes"].update(HEADER_SCHEMES)

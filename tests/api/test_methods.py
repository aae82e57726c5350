"""Methods that a path does not have."""

import pytest

from tests.api.caller import Caller


@pytest.mark.parametrize(
    ("path", "methods"),
    [
        ("/v1/stores/s-1", "GET, PUT"),
        ("/v1/quarantine/1", "DELETE, GET"),
        ("/v1/stores/s-1/journeys/c-1", "GET"),
        ("/v1/stores/s-1/journeys/c-1/exit", "GET, POST"),
        ("/webhooks/whatsapp", "GET, POST"),
        ("/docs", "GET, HEAD"),
        ("/static/ui.css", "GET, HEAD"),
    ],
)
async def test_method_that_a_path_does_not_have_is_answered_with_all_that_it_has(
    caller_without_temporal: Caller, path: str, methods: str
) -> None:
    answer = await caller_without_temporal.http.patch(path)
    assert (answer.status_code, answer.headers["allow"]) == (405, methods)
    assert answer.json() == {"detail": "Method Not Allowed"}

"""For partners: posting events."""

from collections.abc import Callable, Coroutine
from typing import Any, Final

from fastapi import APIRouter, Request
from fastapi.routing import APIRoute
from pydantic import TypeAdapter
from starlette.responses import Response

from api.event_sender import Sender
from api.openapi_bodies import EVENT_BODY
from api.openapi_security import KEY_OR_SIGNATURE_OF_STORE
from ingest.receipts import Receipt


class _RawRoute(APIRoute):
    """A route whose handler reads the request itself.

    To resolve FastAPI's dependencies would cost as much as to store the event.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        async def handle(request: Request) -> Response:
            return await post_event(request, request.path_params["store_id"])

        return handle


router = APIRouter(tags=["partner"], route_class=_RawRoute)

_receipt: Final = TypeAdapter(Receipt)


@router.post(
    "/v1/stores/{store_id}/events",
    status_code=202,
    response_model=Receipt,
    openapi_extra=EVENT_BODY | KEY_OR_SIGNATURE_OF_STORE,
)
async def post_event(request: Request, store_id: str) -> Response:
    """Accept one event of the integration guide; it is durably stored before the answer."""
    state = request.app.state
    posted = await Sender(request, store_id, state.services, state.store_limits).body()
    receipt = await state.services.intake.accept_posted(posted.store, posted.raw)
    return Response(_receipt.dump_json(receipt), 202, media_type="application/json")

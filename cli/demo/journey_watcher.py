"""The demo's journeys as the API explains them, and the messages that arrived."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

import httpx
from pydantic import AwareDatetime, BaseModel

from cli.demo.denim_co import STORE_ID
from cli.demo.scenarios import MessageSummary, Scenario
from domain.journey.outcomes import Decision, Outcome, Reason, Stage


class Journey(BaseModel):
    """A journey, explained by the API."""

    journey_id: str
    stage: Stage
    outcome: Outcome | None = None
    reason: Reason | None = None
    next_message_at: AwareDatetime | None = None
    decisions: list[Decision] = []


class JourneyWatcher:
    """Reads journeys from the API as an operator does, and messages from the sandbox."""

    def __init__(self, api: httpx.AsyncClient, sandbox: httpx.AsyncClient, token: str) -> None:
        """Read with the admin token."""
        self._api = api
        self._sandbox = sandbox
        self._headers = {"Authorization": f"Bearer {token}"}

    async def journey(self, scenario: Scenario) -> Journey | None:
        """A customer's journey; None before it starts, or while the API does not answer."""
        path = f"/v1/stores/{STORE_ID}/journeys/{scenario.customer_id}"
        try:
            response = await self._api.get(path, headers=self._headers)
        except httpx.TransportError:
            return None
        return Journey.model_validate(response.json()) if response.is_success else None

    async def messages(self) -> Mapping[str, list[MessageSummary]]:
        """The messages that reached each phone number, those of a channel last."""
        received: defaultdict[str, list[MessageSummary]] = defaultdict(list)
        for message in await self._received("/_sandbox/messages"):
            received[f"+{message['to']}"].append(_template_summary(message["body"]))
        for message in await self._received("/channels/_sandbox/messages"):
            request = message["body"]["data"]
            summary = MessageSummary(
                f"channel {message['channel']}", tuple(request["fields"].values())
            )
            received[request["customer"]["phone"]].append(summary)
        return received

    async def _received(self, path: str) -> list[dict[str, Any]]:
        response = await self._sandbox.get(path)
        messages: list[dict[str, Any]] = response.raise_for_status().json()
        return messages


def _template_summary(body: Mapping[str, Any]) -> MessageSummary:
    template = body["template"]
    components = {each["type"]: each["parameters"] for each in template.get("components", [])}
    return MessageSummary(
        template=template["name"],
        texts=tuple(parameter["text"] for parameter in components.get("body", [])),
        image=next((each["image"]["link"] for each in components.get("header", [])), None),
        button=next((_without_token(each["text"]) for each in components.get("button", [])), None),
    )


def _without_token(link: str) -> str:
    """A link without the token of its message, which is another one each time."""
    return link.partition("?cb=")[0]

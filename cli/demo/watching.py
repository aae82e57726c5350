"""What can be seen of the demo's journeys from outside: the API's word, and what was sent."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

import httpx
from pydantic import AwareDatetime, BaseModel

from cli.demo.denim_co import STORE_ID
from cli.demo.stories import Message, Story
from domain.outcomes import Decision, Outcome, Reason, Stage


class Journey(BaseModel):
    """A journey, explained by the API."""

    journey_id: str
    stage: Stage
    outcome: Outcome | None = None
    reason: Reason | None = None
    next_message_at: AwareDatetime | None = None
    decisions: list[Decision] = []


class Watch:
    """Looks at journeys as an operator does, and at messages where they arrive."""

    def __init__(self, api: httpx.AsyncClient, sandbox: httpx.AsyncClient, token: str) -> None:
        """Look with the admin token."""
        self._api = api
        self._sandbox = sandbox
        self._headers = {"Authorization": f"Bearer {token}"}

    async def journey(self, story: Story) -> Journey | None:
        """A customer's journey; None when nothing began yet, or the API is not there just now."""
        path = f"/v1/stores/{STORE_ID}/journeys/{story.customer_id}"
        try:
            answer = await self._api.get(path, headers=self._headers)
        except httpx.TransportError:
            return None
        return Journey.model_validate(answer.json()) if answer.is_success else None

    async def messages(self) -> Mapping[str, list[Message]]:
        """What reached each phone, in order."""
        answer = await self._sandbox.get("/_sandbox/messages")
        received: defaultdict[str, list[Message]] = defaultdict(list)
        for message in answer.raise_for_status().json():
            received[f"+{message['to']}"].append(read_message(message["body"]))
        answer = await self._sandbox.get("/channels/_sandbox/messages")
        for taken in answer.raise_for_status().json():
            asked = taken["body"]["data"]
            message = Message(f"channel {taken['channel']}", tuple(asked["fields"].values()))
            received[asked["customer"]["phone"]].append(message)
        return received


def read_message(body: Mapping[str, Any]) -> Message:
    """What a request to Meta would show to a person."""
    template = body["template"]
    components = {each["type"]: each["parameters"] for each in template.get("components", [])}
    return Message(
        template=template["name"],
        texts=tuple(parameter["text"] for parameter in components.get("body", [])),
        image=next((each["image"]["link"] for each in components.get("header", [])), None),
        button=next((each["text"] for each in components.get("button", [])), None),
    )

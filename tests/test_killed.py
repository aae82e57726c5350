"""Whatever is killed, and whenever: nothing accepted is lost, nothing is sent twice.

One run of the whole stack as processes. While a partner posts, and while journeys wait and send,
worker, API and Temporal are killed with SIGKILL, one after the other; `journeys dev` starts each
anew. The stand-in for Meta keeps its own ledger, outside of what is killed.
"""

import os
import signal
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from sandbox.samples import fresh
from tests.cli.processes import Journeys, environment, eventually, journeys, sandbox

CUSTOMERS = 24
STORE = "/v1/stores/denim-co"
ORGANIZATION = "21j2h3ef-56e0-4a1c-81ad-ff84j3615e22"
TEMPLATES = ("cart_reminder", "cart_last_call")

pytestmark = pytest.mark.slow


class Killing:
    """A partner's view of a stack whose processes die."""

    def __init__(self, stack: Journeys, sandbox_url: str, http: httpx.Client) -> None:
        self.stack = stack
        self.sandbox_url = sandbox_url
        self.http = http
        self.admin = {"Authorization": f"Bearer {stack.token}"}
        self.key = {"Authorization": f"Bearer {self._register()}"}

    def _register(self) -> str:
        store = {
            "organization_id": ORGANIZATION,
            "name": "Denim Co",
            "timezone": "Asia/Kolkata",
            "buffer": "1s",
            "exit_api": {"url": f"{self.sandbox_url}/partner/fetch-user-events"},
            "whatsapp": {"phone_number_id": "1055", "access_token": "token"},
            "plans": {
                "cart_update": [
                    {"after": f"{after}s", "template": template, "language": "en"}
                    for after, template in zip((2, 8), TEMPLATES, strict=True)
                ]
            },
        }
        answer = self.http.put(STORE, json=store, headers=self.admin)
        assert answer.status_code == 201
        return str(answer.json()["api_key"])

    def kill(self, command: str) -> None:
        """SIGKILL, no last words; to one that may just be being started again."""
        assert eventually(lambda: len(self.stack.children(command)) == 1, 30)
        [pid] = self.stack.children(command)
        os.kill(pid, signal.SIGKILL)

    def post(self, number: int) -> None:
        """Post as partners do: the same event again until it is answered 202."""
        event = fresh(
            "cart_update.add_to_cart",
            event_id=f"event-{number}",
            customer_id=f"customer-{number}",
            at=datetime.now(UTC),
            phone=f"+9198765{number:05}",
        )
        assert eventually(lambda: self._accepted(event), 60)

    def _accepted(self, event: dict[str, Any]) -> bool:
        try:
            answer = self.http.post(f"{STORE}/events", json=event, headers=self.key)
        except httpx.TransportError:
            return False
        return answer.status_code == 202

    def journey(self, number: int) -> dict[str, Any]:
        try:
            answer = self.http.get(f"{STORE}/journeys/customer-{number}", headers=self.admin)
        except httpx.TransportError:
            return {"stage": "not answered"}
        journey: dict[str, Any] = answer.json()
        return journey

    def all_closed(self) -> bool:
        return all(self.journey(each).get("stage") == "closed" for each in range(CUSTOMERS))

    def sent_some(self) -> bool:
        return bool(self.requests())

    def requests(self) -> list[dict[str, Any]]:
        """What Meta was asked to send, by its own ledger."""
        received = httpx.get(f"{self.sandbox_url}/_sandbox/requests", trust_env=False).json()
        return [entry["body"] for entry in received]


def test_nothing_is_lost_or_sent_twice_when_processes_are_killed(tmp_path: Path) -> None:
    with sandbox(tmp_path) as sandbox_url:
        env = environment(tmp_path / "data", WHATSAPP_API_URL=sandbox_url, ALLOW_PRIVATE_EGRESS="1")
        with journeys("dev", env=env, output=tmp_path / "output") as stack:
            assert stack.says("ready"), stack.output
            with httpx.Client(base_url=stack.api_url, trust_env=False, timeout=15) as http:
                _kill_and_check(Killing(stack, sandbox_url, http))


def _kill_and_check(world: Killing) -> None:
    victims = iter(("worker", "-m server", "server start-dev", "worker"))
    for number in range(CUSTOMERS):
        world.post(number)
        if number % 6 == 3:
            world.kill(next(victims))
    assert eventually(world.sent_some, 60)
    world.kill("worker")

    assert eventually(world.all_closed, 150), [world.journey(each) for each in range(CUSTOMERS)]
    asked = Counter((body["to"], body["template"]["name"]) for body in world.requests())
    assert max(asked.values()) == 1
    for number in range(CUSTOMERS):
        _check_explained(world.journey(number), f"9198765{number:05}", asked)


def _check_explained(journey: dict[str, Any], phone: str, asked: Counter[tuple[str, str]]) -> None:
    """Both messages of each customer were sent, or the ledger says that it cannot know."""
    assert (journey["outcome"], journey["reason"]) == ("messaged", "plan_done")
    assert [message["step"] for message in journey["messages"]] == [1, 2]
    for message in journey["messages"]:
        assert message["status"] in {"accepted", "unknown"}
        assert message["status"] == "unknown" or asked[phone, message["template"]] == 1

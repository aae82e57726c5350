"""API and worker as processes, with metrics and traces on, and journeys that have passed."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

import httpx
from prometheus_client.parser import text_string_to_metric_families

from cli.demo.denim_co import denim_co
from sandbox.samples import fresh
from tests.cli.processes import HOST, Journeys, eventually
from tests.monitoring.collector import Collector

PHONE, NAME, CUSTOMER = "+919812345678", "Canary Kapoor", "canary-customer"
UNANSWERED = "unanswered-customer"
STEP = {"after": "0ms", "template": "cart_reminder", "language": "en"}


@dataclass(frozen=True)
class Scrape:
    """The samples of one `/metrics`: their names, with the names of their labels."""

    text: str

    @property
    def labels(self) -> dict[str, set[str]]:
        found: dict[str, set[str]] = {}
        for family in text_string_to_metric_families(self.text):
            for sample in family.samples:
                found.setdefault(sample.name, set()).update(sample.labels)
        return found

    def value(self, name: str, **labels: str) -> float:
        families = text_string_to_metric_families(self.text)
        samples = [each for family in families for each in family.samples if each.name == name]
        return sum(each.value for each in samples if labels.items() <= each.labels.items())


@dataclass
class ObservedStack:
    """A running `journeys dev`, its stand-ins, and the collector of its traces."""

    stack: Journeys
    sandbox_url: str
    collector: Collector

    @cached_property
    def api(self) -> Scrape:
        """What the API exported when it was first asked for."""
        return self.scrape_api()

    @cached_property
    def worker(self) -> Scrape:
        return self.scrape_worker()

    @cached_property
    def exported(self) -> dict[str, set[str]]:
        """The names of all samples of both, with the names of their labels."""
        return self.api.labels | self.worker.labels

    def scrape_api(self) -> Scrape:
        return Scrape(httpx.get(f"{self.stack.api_url}/metrics", trust_env=False).text)

    def scrape_worker(self) -> Scrape:
        port = self.stack.environment["WORKER_METRICS_PORT"]
        return Scrape(httpx.get(f"http://{HOST}:{port}/metrics", trust_env=False).text)

    def call(self, method: str, path: str, **options: Any) -> httpx.Response:
        token = options.pop("token", self.stack.token)
        url = f"{self.stack.api_url}/v1/stores/{path}"
        headers = {"Authorization": f"Bearer {token}"}
        return httpx.request(method, url, headers=headers, trust_env=False, **options)

    def store(self, store_id: str, exit_api: str) -> str:
        """Register a store whose messages are due at once; returns its key."""
        config = {
            **denim_co(self.sandbox_url),
            "buffer": "0ms",
            "exit_api": {"url": exit_api, "on_failure": "skip"},
            "plans": {"cart_update": [STEP]},
        }
        key: str = self.call("PUT", store_id, json=config).raise_for_status().json()["api_key"]
        return key

    def post(self, store_id: str, key: str, customer_id: str) -> None:
        event = fresh(
            "cart_update.add_to_cart",
            event_id=f"event-{customer_id}",
            customer_id=customer_id,
            at=datetime.now(UTC),
            phone=PHONE,
        )
        event["customer"]["name"] = NAME
        self.call("POST", f"{store_id}/events", token=key, json=event).raise_for_status()

    def make_traffic(self) -> None:
        """Journeys: one that is messaged, one whose partner does not answer, one that is none.

        And an event that is refused.
        """
        key = self.store("answered", f"{self.sandbox_url}/partner/fetch-user-events")
        self.post("answered", key, CUSTOMER)
        assert self.call("POST", "answered/events", token=key, json={}).status_code == 422
        key = self.store("unanswered", f"http://{HOST}:9/partner")
        self.post("unanswered", key, UNANSWERED)
        assert self.call("GET", "answered/journeys/nobody").status_code == 404  # Temporal's, too
        self._wait(lambda: self._outcome() == "messaged")
        checks = "comeback_exit_check_duration_seconds_count"
        self._wait(lambda: self.scrape_worker().value(checks, result="failed") > 0)

    def _outcome(self) -> str | None:
        outcome: str | None = self.call("GET", f"answered/journeys/{CUSTOMER}").json()["outcome"]
        return outcome

    def _wait(self, holds: Callable[[], bool]) -> None:
        assert eventually(holds, 60), self.stack.output

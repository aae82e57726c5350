"""Retrying a quarantined body: an event as if just posted, updates as if Meta just posted them.

Both are deduplicated, so a second retry changes nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from clock import Clock
from ingest import meta_updates
from ingest.event_parser import parse_event
from ingest.intake import Intake
from ingest.metrics import IngestMetrics
from ingest.quarantine_updates import notification
from ingest.receipts import Receipt
from ingest.update_results import RoutedUpdate, UpdateCounts
from ingest.webhook_processor import NOT_NOW
from storage import quarantine, stores
from storage.database import Database
from storage.quarantine import EVENT
from whatsapp.template_changes import TemplateUpdate
from whatsapp.updates import Other, Unreadable, Update
from whatsapp.webhook import parse

_UNROUTED = (Other, TemplateUpdate)


class NotRetryableError(Exception):
    """The body was erased, no store has its number yet, or its user id is unknown.

    The message says which.
    """


class UnreadableUpdateError(Exception):
    """An update is still not what Meta documents."""

    def __init__(self, problems: Sequence[Any]) -> None:
        """Take the problems, each with `type`, `loc` in the update, and `msg`."""
        super().__init__("unreadable update")
        self.problems = problems


@dataclass(frozen=True)
class RetryResult:
    """What became of a body: an event's receipt, or how many updates had which result."""

    receipt: Receipt | None = None
    results: dict[str, int] | None = None


class QuarantineRetry:
    """Retries quarantined bodies."""

    def __init__(
        self, database: Database, intake: Intake, metrics: IngestMetrics, clock: Clock
    ) -> None:
        """Retry what is in this database."""
        self._database = database
        self._intake = intake
        self._metrics = metrics
        self._clock = clock

    async def retry(self, row: dict[str, Any]) -> RetryResult:
        """Accept a quarantined body, and remove it from quarantine.

        Raises:
            NotRetryableError: the body was erased, no store has its number yet, or an opt-out's
                person is not known yet.
            InvalidBodyError: it is still not an event of its store.
            UnreadableUpdateError: it is still not what Meta documents.
        """
        if not row["body"]:
            raise NotRetryableError("its body was erased")
        retry_body = self._retry_event if row["source"] == EVENT else self._retry_updates
        result = await retry_body(row)
        async with self._database.transaction() as connection:
            await quarantine.remove(connection, row["id"])
        return result

    async def _retry_event(self, row: dict[str, Any]) -> RetryResult:
        async with self._database.reading() as connection:
            store = await stores.existing(connection, row["store_id"])
        raw = row["body"].encode(errors="replace")
        parsed = parse_event(raw, store.config.organization_id, self._clock())
        return RetryResult(receipt=await self._intake.accept(store, parsed.event, parsed.body))

    async def _retry_updates(self, row: dict[str, Any]) -> RetryResult:
        """Apply all of its updates, or none: applied ones must not stay in quarantine."""
        updates = parse(notification(row))
        _require_readable(updates)
        batch = await self._route(updates)
        counts = await self._applied(batch)
        if counts.unknown_people:
            raise NotRetryableError("the user id that it has is not known yet")
        self._metrics.count_updates(counts)
        results = {result.value: count for result, count in counts.by_result().items()}
        return RetryResult(results=results)

    async def _applied(self, batch: list[RoutedUpdate]) -> UpdateCounts:
        try:
            return await meta_updates.apply_updates(self._database, batch, self._clock())
        except NOT_NOW:
            raise
        except Exception as error:  # the failure is the datum: it stays quarantined
            problem = {"type": type(error).__name__, "loc": [], "msg": "cannot be processed"}
            raise UnreadableUpdateError([problem]) from error

    async def _route(self, updates: list[Update]) -> list[RoutedUpdate]:
        async with self._database.reading() as connection:
            (batch,) = await meta_updates.route(connection, [updates])
        meta_updates.require_opened(batch)
        if not all(each.stores or isinstance(each.update.content, _UNROUTED) for each in batch):
            raise NotRetryableError("no store has this number")
        return batch


def _require_readable(updates: list[Update]) -> None:
    for each in updates:
        if isinstance(each.content, Unreadable):
            raise UnreadableUpdateError(each.content.problems)

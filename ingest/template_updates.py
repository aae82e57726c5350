"""Applying Meta's updates about templates: to what is known of them, and to holds.

They name a WhatsApp Business Account: only stores with that `waba_id` can be found by them.
"""

from datetime import datetime, timedelta
from typing import Final

import structlog
from pydantic import ValidationError
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.messages.approved_templates import APPROVED, ApprovedTemplate, as_language
from domain.stores.planned_messages import uses_template
from ingest.update_results import UpdateResult
from operations.template_states import apply_status
from storage import approved_templates, stores, template_checks
from storage.database import Database
from storage.secret_cipher import SecretCipherError
from whatsapp.template_changes import (
    TemplateCategory,
    TemplateChange,
    TemplateQuality,
    TemplateStatus,
    TemplateUpdate,
)

AS_APPROVED: Final = frozenset({"APPROVED", "REINSTATED", "UNARCHIVED"})
"""Events after which a template can be sent."""

_NO_REASON: Final = frozenset({None, "", "NONE"})
_LONG_AGO: Final = timedelta(days=36500)

log = structlog.get_logger()


async def apply_to_templates(
    database: Database, update: TemplateUpdate, now: datetime
) -> UpdateResult:
    """Apply an update to every store of its account that uses the template. Idempotent.

    Raises:
        Exception: that of a store whose configuration cannot be read, after all others were tried.
    """
    async with database.reading() as connection:
        store_ids = await template_checks.stores_of(connection, update.waba_id)
    results, failed = set[UpdateResult](), None
    for store_id in store_ids:
        try:
            async with database.transaction() as connection:
                results.add(await _apply(connection, store_id, update, now))
        except (SecretCipherError, ValidationError) as error:
            failed = error
    if failed is not None:
        raise failed
    ranked = (UpdateResult.CHANGED, UpdateResult.UNCHANGED, UpdateResult.IGNORED)
    return next((each for each in ranked if each in results), UpdateResult.UNMATCHED)


async def _apply(
    connection: AsyncConnection, store_id: str, update: TemplateUpdate, now: datetime
) -> UpdateResult:
    config = (await stores.existing(connection, store_id, for_share=True)).config
    name, language = update.change.name, as_language(update.change.language)
    if not uses_template(config, name, language):
        return UpdateResult.IGNORED
    found = await approved_templates.find(connection, store_id, name, language)
    known, status_at = found or (_unknown(name, language), None)
    at = min(update.at, now)
    if isinstance(update.change, TemplateStatus) and at < (status_at or now - _LONG_AGO):
        return UpdateResult.UNCHANGED  # Meta repeats notifications for days
    after = _changed(known, update.change)
    is_status = isinstance(update.change, TemplateStatus)
    await approved_templates.put(connection, store_id, after, at if is_status else status_at)
    held = is_status and await apply_status(connection, store_id, config, after, at)
    if after == known and not held:
        return UpdateResult.UNCHANGED
    log.warning("template changed at Meta", store_id=store_id, template=name, status=after.status)
    return UpdateResult.CHANGED


def _unknown(name: str, language: str) -> ApprovedTemplate:
    return ApprovedTemplate(name=name, language=language, status=APPROVED)


def _changed(known: ApprovedTemplate, change: TemplateChange) -> ApprovedTemplate:
    return known.model_copy(update=_changes(change))


def _changes(change: TemplateChange) -> dict[str, str | None]:
    match change:
        case TemplateStatus():
            return _status_changes(change)
        case TemplateCategory(previous_category=None):
            correct = change.correct_category
            return {"category": change.new_category, "correct_category": correct}
        case TemplateCategory():
            previous = change.previous_category
            category = change.new_category
            return {"category": category, "previous_category": previous, "correct_category": None}
        case TemplateQuality():
            return {"quality": change.new_quality_score}


def _status_changes(change: TemplateStatus) -> dict[str, str | None]:
    status = APPROVED if change.event in AS_APPROVED else change.event
    reason = next((each for each in (change.title, change.reason) if each not in _NO_REASON), None)
    category = {} if change.category is None else {"category": change.category}
    return {"status": status, "reason": reason, **category}

"""The statements of `messages`, built once: building one takes longer than executing it.

Each parameter's name begins with `of_`, to be told from the columns that an update sets.
"""

from typing import Final

from sqlalchemy import Update, and_, bindparam, case, or_, select, update

from storage.new_rows import insert_if_new
from storage.tables import messages

_OF_JOURNEY: Final = (
    messages.c.store_id == bindparam("of_store_id"),
    messages.c.customer_id == bindparam("of_customer_id"),
    messages.c.trigger_event_id == bindparam("of_trigger_event_id"),
)
_OF_STEP: Final = (*_OF_JOURNEY, messages.c.step == bindparam("of_step"))
_SAME: Final = messages.c.message_id == bindparam("of_message")


def _claim_again() -> Update:
    """A failed message gets a new id, so that late statuses of the first try do not match it."""
    failed = messages.c.status == bindparam("of_failed")
    retryable = and_(failed, messages.c.again_at <= bindparam("of_now"))
    new_id = bindparam("of_new_id", type_=messages.c.message_id.type)
    return (
        update(messages)
        .where(
            *_OF_STEP,
            messages.c.fallback == bindparam("of_fallback"),
            or_(messages.c.status == bindparam("of_not_sent"), retryable),
        )
        .values(
            message_id=case((failed, new_id), else_=messages.c.message_id),
            provider_id=None,
            sent_at=None,
            again_at=None,
        )
        .returning(messages.c.message_id)
    )


def _settle() -> Update:
    """An erased message stays without Meta's id."""
    erased = bindparam("of_erased", type_=messages.c.provider_id.type)
    given = bindparam("of_provider", type_=messages.c.provider_id.type)
    kept = case((messages.c.provider_id == erased, erased), else_=given)
    is_open = messages.c.status.in_(bindparam("of_open", expanding=True))
    settled = update(messages).where(_SAME, is_open).values(provider_id=kept)
    return settled.returning(messages.c.store_id, messages.c.claimed_at)


ADD: Final = insert_if_new(messages)
FOR_STEP: Final = (
    select(messages).where(*_OF_STEP).order_by(messages.c.fallback.desc()).with_for_update()
)
CLAIM_AGAIN: Final = _claim_again()
SETTLE: Final = _settle()
NAME_RECIPIENT: Final = update(messages).where(_SAME)
ABANDON: Final = (
    update(messages)
    .where(*_OF_JOURNEY, messages.c.status == bindparam("of_claimed"))
    .returning(messages.c.store_id, messages.c.claimed_at)
)

"""What a template's status at Meta does to a store that uses it."""

from datetime import datetime

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.messages.approved_templates import APPROVED, ApprovedTemplate
from domain.stores.config import StoreConfig
from domain.stores.planned_messages import uses_template
from storage import template_holds

log = structlog.get_logger()


async def apply_status(
    connection: AsyncConnection,
    store_id: str,
    config: StoreConfig,
    template: ApprovedTemplate,
    at: datetime,
) -> bool:
    """Hold a template that Meta holds, or release one that it approved again.

    Args:
        connection: of the transaction that records the status.
        store_id: whose plans may use it.
        config: the store's.
        template: as Meta has it.
        at: when it had this status.

    Returns:
        Whether a hold began or ended.
    """
    if not uses_template(config, template.name, template.language):
        return False
    if template.status == APPROVED:
        name = (template.name, template.language)
        return await template_holds.lift_approved(connection, store_id, *name, at)
    if not template.holds:
        return False
    reason = f" ({template.reason})" if template.reason else ""
    because = f"Meta says {template.status}{reason}"
    began = await template_holds.add(
        connection, store_id, template.name, because, at, language=template.language
    )
    if began:
        log.error("template held", store_id=store_id, template=template.name)
    return began

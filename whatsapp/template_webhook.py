"""Reading the three webhook fields about templates; they name an account, and no phone number."""

import json
from typing import Any, Final

from pydantic import AwareDatetime, TypeAdapter, ValidationError

from whatsapp.identifiers import PLAIN
from whatsapp.template_changes import (
    TemplateCategory,
    TemplateQuality,
    TemplateStatus,
    TemplateUpdate,
)
from whatsapp.updates import Unreadable, Update, UpdateKind

FIELDS: Final[dict[str, type[TemplateStatus | TemplateCategory | TemplateQuality]]] = {
    "message_template_status_update": TemplateStatus,
    "template_category_update": TemplateCategory,
    "message_template_quality_update": TemplateQuality,
}
_time = TypeAdapter[AwareDatetime](AwareDatetime)


def read_template_update(entry: dict[str, Any], change: dict[str, Any]) -> Update:
    """The update that a change is, whose field is one of `FIELDS`.

    An unreadable one is kept as a notification of its own, so that it can be retried.
    """
    alone = {"entry": [{**entry, "changes": [change]}]}
    try:
        content = TemplateUpdate(
            waba_id=_account(entry),
            at=_time.validate_python(entry.get("time")),
            change=FIELDS[change["field"]].model_validate(change.get("value")),
        )
    except ValidationError as error:
        problems = error.errors(include_url=False, include_input=False, include_context=False)
        unreadable = Unreadable(json.dumps(alone), problems)
        return Update(UpdateKind.NOTIFICATION, None, unreadable)
    return Update(UpdateKind.TEMPLATE, None, content, alone)


def _account(entry: dict[str, Any]) -> str:
    """The account's id; an empty one matches no store."""
    account = str(entry.get("id"))
    return account if PLAIN.fullmatch(account) else ""

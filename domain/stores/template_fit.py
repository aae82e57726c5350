"""Whether the templates of a store's plans fit what Meta has of them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from domain.messages.approved_templates import APPROVED, LOW_QUALITY, MARKETING, ApprovedTemplate
from domain.messages.template_misfits import misfits
from domain.messages.templates import TemplateMessage
from domain.stores.config import StoreConfig
from domain.stores.planned_messages import planned_templates
from domain.stores.warnings import ConfigWarning
from domain.values.problems import Path


@dataclass(frozen=True)
class KnownTemplates:
    """What is known of the templates of a store's account."""

    templates: Sequence[ApprovedTemplate] = ()
    checked_at: datetime | None = None
    """When Meta last listed all of them; None: never, and only notifications are known."""
    failure: str | None = None
    """Why Meta could not be asked the last time."""


def template_warnings(config: StoreConfig, known: KnownTemplates) -> list[ConfigWarning]:
    """Everything to warn of, in the order of the plans; nothing without a `waba_id`."""
    if config.whatsapp.waba_id is None:
        return []
    found = list(_unchecked(known))
    for path, message in planned_templates(config):
        template = _find(message, known)
        if template is None:
            found.extend(_missing(path, message, known))
        else:
            found.extend(_state(path, template, config.whatsapp.endpoint))
            found.extend(_misfits(path, message, template))
    return found


def _find(message: TemplateMessage, known: KnownTemplates) -> ApprovedTemplate | None:
    wanted = (message.template, message.language)
    return next((each for each in known.templates if (each.name, each.language) == wanted), None)


def _unchecked(known: KnownTemplates) -> Iterator[ConfigWarning]:
    if known.failure is not None:
        last = f"last checked {known.checked_at.isoformat()}" if known.checked_at else "never yet"
        yield ConfigWarning(
            path=("whatsapp", "waba_id"),
            type="templates_unchecked",
            message=f"Meta does not list the templates: {known.failure}; {last}",
        )


def _missing(
    path: Path, message: TemplateMessage, known: KnownTemplates
) -> Iterator[ConfigWarning]:
    if known.checked_at is None:
        return
    languages = [each.language for each in known.templates if each.name == message.template]
    if languages:
        yield ConfigWarning(
            path=(*path, "language"),
            type="template_language_missing",
            message=f"Meta has the template in {', '.join(sorted(languages))}",
        )
    else:
        yield ConfigWarning(
            path=(*path, "template"),
            type="template_missing",
            message="Meta has no template of this name in the account",
        )


def _misfits(
    path: Path, message: TemplateMessage, template: ApprovedTemplate
) -> Iterator[ConfigWarning]:
    for each in misfits(message, template):
        yield ConfigWarning(path=(*path, *each.path), type=each.type, message=each.message)


def _state(path: Path, template: ApprovedTemplate, endpoint: str) -> Iterator[ConfigWarning]:
    for kind, message in _states(template, endpoint):
        yield ConfigWarning(path=(*path, "template"), type=kind, message=message)


def _states(template: ApprovedTemplate, endpoint: str) -> Iterator[tuple[str, str]]:
    category, correct = template.category, template.correct_category
    if template.status != APPROVED:
        reason = f" ({template.reason})" if template.reason else ""
        yield "template_not_approved", f"Meta says {template.status}{reason}"
    if endpoint == "marketing_messages" and category not in {None, MARKETING}:
        yield "template_category", f"is {category}; the endpoint takes {MARKETING} alone"
    if template.previous_category is not None:
        yield "template_category_changed", f"from {template.previous_category} to {category}"
    if correct not in {None, category}:
        yield "template_category_changing", f"Meta will change {category} to {correct}"
    if template.quality == LOW_QUALITY:
        yield "template_quality", f"is {LOW_QUALITY}: Meta may pause or disable it soon"

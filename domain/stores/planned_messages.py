"""The messages of a store's plans, and where each is in the configuration."""

from collections.abc import Iterator

from domain.messages.message import ChannelMessage
from domain.messages.templates import TemplateMessage
from domain.stores.config import StoreConfig
from domain.stores.plans import Step
from domain.values.problems import Path


def planned_steps(config: StoreConfig) -> Iterator[tuple[Path, Step]]:
    """Every step of every plan, those of variants included, and where it is."""
    for kind, plan in config.plans.items():
        for where, steps in plan.arms():
            for number, step in enumerate(steps):
                yield ("plans", kind, *where, number), step


def planned_messages(
    config: StoreConfig,
) -> Iterator[tuple[Path, TemplateMessage | ChannelMessage]]:
    """Every message of every plan, and where it is."""
    for loc, step in planned_steps(config):
        yield loc, step.message
        for which, fallback in enumerate(step.fallbacks):
            yield (*loc, "fallbacks", which), fallback.message


def planned_templates(config: StoreConfig) -> Iterator[tuple[Path, TemplateMessage]]:
    """As `planned_messages`, of templates alone."""
    for loc, message in planned_messages(config):
        if isinstance(message, TemplateMessage):
            yield loc, message


def uses_template(config: StoreConfig, name: str, language: str) -> bool:
    """Whether a plan has a template in that language."""
    used = ((each.template, each.language) for _, each in planned_templates(config))
    return (name, language) in used

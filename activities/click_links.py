"""Putting the token of a message into its links."""

from sqlalchemy.ext.asyncio import AsyncConnection

from domain.journey.activity_inputs import DeliverRequest
from domain.messages.approved_templates import ApprovedTemplate
from domain.messages.click_tokens import click_token, with_click_tokens
from domain.messages.rendering import RenderedMessage
from domain.messages.templates import TemplateMessage
from storage import approved_templates
from storage.messages import MessageKey
from storage.stores import Store


def linked(
    message: RenderedMessage, key: MessageKey, store: Store, template: ApprovedTemplate | None
) -> tuple[RenderedMessage, str | None]:
    """A message with its token in its links, and the token; None: it has no link that takes one."""
    parameter = store.config.click_token
    if parameter is None:
        return message, None
    of = (key.customer_id, key.trigger_event_id, str(key.step), str(key.fallback))
    token = click_token(store.hash_key, key.store_id, *of)
    with_tokens = with_click_tokens(message, parameter, token, template)
    return with_tokens, None if with_tokens == message else token


async def template_of(
    connection: AsyncConnection, request: DeliverRequest, store: Store
) -> ApprovedTemplate | None:
    """The template of a step's current message as Meta has it, where its links depend on it."""
    message = request.step.definition.message_at(request.fallback)
    if store.config.click_token is None or store.config.whatsapp.waba_id is None:
        return None
    if not isinstance(message, TemplateMessage) or not message.has_link:
        return None
    found = await approved_templates.find(
        connection, store.store_id, message.template, message.language
    )
    return None if found is None else found[0]

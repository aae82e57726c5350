"""Clicks on links of marketing messages, as Meta tells of them.

From Meta's page "Tracking click events". It names neither the person nor the message, and is posted
of messages of the last 7 days that were sent by `marketing_messages`.
"""

import hashlib
from typing import Annotated, Any, Final

from pydantic import AwareDatetime, BeforeValidator, Field

from whatsapp.said import Part

LINK_CLICK: Final = "marketing_messages_link_click"
"""The action; others, such as `landing_page_view`, are no clicks."""

MAX_ID, MAX_COMPONENT, MAX_TOKEN = 256, 64, 512
"""Characters."""


def _readable(value: Any) -> Any:
    return value.replace("\x00", "") or None if isinstance(value, str) else value


def _or_empty(value: Any) -> Any:
    return {} if value is None else value


_Word = Annotated[str | None, BeforeValidator(_readable)]


class ClickData(Part):
    """What is known of a click; each of it may be missing."""

    click_id: _Word = None
    click_component: _Word = None
    """`cta` or `body`."""
    tracking_token: _Word = None


class UserAction(Part):
    """What a person did with a marketing message."""

    action_type: str
    timestamp: AwareDatetime
    data: Annotated[
        ClickData,
        BeforeValidator(_or_empty),
        Field(validation_alias="marketing_messages_link_click_data"),
    ] = ClickData()

    @property
    def is_click(self) -> bool:
        """Whether a link was clicked."""
        return self.action_type == LINK_CLICK

    @property
    def key(self) -> str:
        """What tells this click from others: its id; without a usable one, a hash of all of it."""
        data = self.data
        if data.click_id is not None and len(data.click_id) <= MAX_ID:
            return data.click_id
        whole = (data.click_id or self.timestamp.isoformat(), data.click_component)
        named = repr((*whole, data.tracking_token))
        return f"sha256:{hashlib.sha256(named.encode()).hexdigest()}"

    @property
    def component(self) -> str | None:
        """What was clicked."""
        return self.data.click_component and self.data.click_component[:MAX_COMPONENT]

    @property
    def tracking_token(self) -> str | None:
        """Meta's, which the views of the page have, too."""
        return self.data.tracking_token and self.data.tracking_token[:MAX_TOKEN]

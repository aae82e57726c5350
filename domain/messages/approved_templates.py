"""A template as Meta has it: its state there, and the parts that a message must fill in."""

import re
from typing import Final

from pydantic import BaseModel, ConfigDict

APPROVED: Final = "APPROVED"
MARKETING: Final = "MARKETING"
LOW_QUALITY: Final = "RED"
HOLDING: Final = frozenset({"PAUSED", "DISABLED", "REJECTED"})
"""Statuses in which Meta refuses every message with the template. From Meta's page "Template
statuses"."""

IMAGE, TEXT = "IMAGE", "TEXT"
URL, COPY_CODE = "URL", "COPY_CODE"

_PLACEHOLDER = re.compile(r"\{\{\s*(\w+)\s*\}\}")


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class TemplateButton(_Part):
    """A button, in the order in which the template has them."""

    kind: str
    """Such as `URL`, `COPY_CODE` or `QUICK_REPLY`."""
    variable: bool = False
    """Whether a message gives something for it."""
    url: str = ""
    """Of a `URL` button: what stands before the end that a message gives."""


class TemplateParts(_Part):
    """The parts of a template, or of one card of its carousel."""

    body: tuple[str, ...] = ()
    """The placeholders, each once: `1`, `2` of a positional template, or names."""
    header: str | None = None
    """Such as `TEXT` or `IMAGE`; None: it has none."""
    header_fields: tuple[str, ...] = ()
    """The placeholders in the text of the header."""
    buttons: tuple[TemplateButton, ...] = ()

    @property
    def is_named(self) -> bool:
        """Whether its placeholders have names."""
        return any(not name.isdigit() for name in self.body)

    @property
    def button_link(self) -> str:
        """What stands before the variable end of a button's URL; empty if that is not known."""
        return next((each.url for each in self.buttons if each.variable and each.kind == URL), "")


class ApprovedTemplate(_Part):
    """A template of a store's account, in one language."""

    name: str
    language: str
    status: str
    """Meta's, such as `APPROVED` or `PAUSED`."""
    reason: str | None = None
    """Why Meta paused or rejected it."""
    category: str | None = None
    previous_category: str | None = None
    """What the category was until Meta changed it."""
    correct_category: str | None = None
    """What Meta is going to make the category."""
    quality: str | None = None
    parts: TemplateParts | None = None
    """None: only known from a notification of Meta's."""
    cards: tuple[TemplateParts, ...] = ()
    """Of its carousel."""
    expires: bool = False
    """Whether it is a limited-time offer whose end a message must give."""

    @property
    def holds(self) -> bool:
        """Whether its messages wait."""
        return self.status in HOLDING


def before_placeholder(text: str) -> str:
    """What stands before the first placeholder of a text."""
    return _PLACEHOLDER.split(text, maxsplit=1)[0]


def placeholders(text: str) -> tuple[str, ...]:
    """The placeholders in a text of a template, each once, in their order."""
    return tuple(dict.fromkeys(_PLACEHOLDER.findall(text)))


def as_language(code: str) -> str:
    """A language as configurations and Meta's lists write it: some notifications say `en-US`."""
    return code.replace("-", "_")

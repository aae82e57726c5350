"""Meta's list of templates as models of the fields that are used, and as the domain has them."""

from collections.abc import Iterable
from typing import Annotated, Any, Final

from pydantic import AliasPath, BaseModel, BeforeValidator, ConfigDict, Field

from domain.messages.approved_templates import (
    ApprovedTemplate,
    TemplateButton,
    TemplateParts,
    as_language,
    before_placeholder,
    placeholders,
)
from whatsapp.errors import deciding_code

MAX_NAME, MAX_LANGUAGE, MAX_WORD = 512, 16, 64

_GIVEN: Final = frozenset({"COPY_CODE"})
"""Buttons for which a message always gives something."""

_NONE: Final = frozenset({None, "", "NONE"})


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


def _or_empty(value: Any) -> Any:
    return [] if value is None else value


Word = Annotated[str, Field(max_length=MAX_WORD, pattern="^[^\x00]*$")]


class _Button(_Model):
    type: Word
    url: str = ""


class _Components(_Model):
    components: Annotated[list["_Component"], BeforeValidator(_or_empty)] = []


class _Component(_Model):
    type: Word
    format: Word | None = None
    text: str | None = None
    buttons: Annotated[list[_Button], BeforeValidator(_or_empty)] = []
    cards: Annotated[list[_Components], BeforeValidator(_or_empty)] = []
    has_expiration: Annotated[
        bool, Field(validation_alias=AliasPath("limited_time_offer", "has_expiration"))
    ] = False


class ListedTemplate(_Components):
    """A template in Meta's list."""

    name: Annotated[str, Field(max_length=MAX_NAME, pattern="^[^\x00]+$")]
    language: Annotated[str, Field(max_length=MAX_LANGUAGE, pattern="^[^\x00]+$")]
    status: Word
    category: Word | None = None
    previous_category: Word | None = None
    correct_category: Word | None = None
    rejected_reason: Word | None = None
    quality: Annotated[Word | None, Field(validation_alias=AliasPath("quality_score", "score"))] = (
        None
    )


class TemplatePage(_Model):
    """A page of the list."""

    data: list[ListedTemplate]
    next: Annotated[str | None, Field(validation_alias=AliasPath("paging", "next"))] = None
    cursor: Annotated[
        str | None, Field(validation_alias=AliasPath("paging", "cursors", "after"))
    ] = None

    @property
    def after(self) -> str | None:
        """Where the next page begins; None: this is the last."""
        return self.cursor if self.next else None


class _Error(_Model):
    listed_code: Annotated[int, Field(alias="code", strict=True)]
    subcode: Annotated[int | None, Field(alias="error_subcode")] = None

    @property
    def code(self) -> int:
        return deciding_code(self.listed_code, self.subcode)


class ErrorAnswer(_Model):
    """Meta's error instead of a list."""

    error: _Error


def to_template(listed: ListedTemplate) -> ApprovedTemplate:
    """A listed template as the domain has it."""
    cards = [card for each in listed.components for card in each.cards]
    return ApprovedTemplate(
        name=listed.name,
        language=as_language(listed.language),
        status=listed.status.upper(),
        reason=_word(listed.rejected_reason),
        category=_word(listed.category),
        previous_category=_word(listed.previous_category),
        correct_category=_word(listed.correct_category),
        quality=_word(listed.quality),
        parts=_parts(listed.components),
        cards=tuple(_parts(card.components) for card in cards),
        expires=any(each.has_expiration for each in listed.components),
    )


def _parts(components: Iterable[_Component]) -> TemplateParts:
    found = {each.type.upper(): each for each in components}
    header, body, buttons = (found.get(name) for name in ("HEADER", "BODY", "BUTTONS"))
    return TemplateParts(
        body=placeholders(body.text or "") if body else (),
        header=_word(header.format) if header else None,
        header_fields=placeholders(header.text or "") if header else (),
        buttons=tuple(_button(each) for each in buttons.buttons) if buttons else (),
    )


def _button(button: _Button) -> TemplateButton:
    kind = button.type.upper()
    variable = kind in _GIVEN or bool(placeholders(button.url))
    url = before_placeholder(button.url) if variable else ""
    return TemplateButton(kind=kind, variable=variable, url=url)


def _word(word: str | None) -> str | None:
    return None if word in _NONE else str(word).upper()

"""What Meta's webhook says about templates, as models of the fields that are used."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from pydantic import AliasPath, BaseModel, ConfigDict, Field


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, coerce_numbers_to_str=True)


class _AboutTemplate(_Part):
    name: Annotated[
        str, Field(validation_alias="message_template_name", max_length=512, pattern="^[^\x00]+$")
    ]
    language: Annotated[
        str,
        Field(validation_alias="message_template_language", max_length=16, pattern="^[^\x00]+$"),
    ]


Word = Annotated[str, Field(max_length=64, pattern="^[^\x00]*$")]


class TemplateStatus(_AboutTemplate):
    """A template was approved, rejected, paused and so on.

    From Meta's page "message_template_status_update" (13 April 2026).
    """

    event: Word
    category: Annotated[Word | None, Field(validation_alias="message_template_category")] = None
    reason: Word | None = None
    title: Annotated[Word | None, Field(validation_alias=AliasPath("other_info", "title"))] = None


class TemplateCategory(_AboutTemplate):
    """Meta changed the category of a template, or is going to.

    From Meta's page "template_category_update" (11 November 2025). Without `previous_category` the
    change is yet to come, and `new_category` is what the category still is.
    """

    new_category: Word
    previous_category: Word | None = None
    correct_category: Word | None = None


class TemplateQuality(_AboutTemplate):
    """The quality of a template changed.

    From Meta's page "message_template_quality_update" (21 May 2026).
    """

    new_quality_score: Word


TemplateChange = TemplateStatus | TemplateCategory | TemplateQuality


@dataclass(frozen=True)
class TemplateUpdate:
    """What changed about a template, of which account, and when."""

    waba_id: str
    at: datetime
    change: TemplateChange

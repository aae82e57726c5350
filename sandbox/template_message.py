"""The request that sends a template message, checked as Meta checks it."""

from typing import Annotated, Any, Final, Literal, Self

from pydantic import Field, ValidationError, model_validator

from sandbox.graph_errors import GraphError
from sandbox.template_components import Component, Strict, once_each

VALUE_NOT_VALID = 131009

_CODES: Final[dict[str, int]] = {
    "missing": 131008,
    "extra_forbidden": 100,
    "model_type": 100,
    "bad_text": 132018,
    "mixed": 132012,
    "literal_error": 100,
}
"""Meta's code for pydantic's kind of error; anything else is `VALUE_NOT_VALID`."""


class Language(Strict):
    """Which translation of the template."""

    code: Annotated[str, Field(pattern=r"^[a-z]{2,3}(_[A-Za-z]{2,4})?$")]
    policy: Literal["deterministic"] = "deterministic"


class Template(Strict):
    """Which template, and what fills it."""

    name: Annotated[str, Field(pattern=r"^[a-z0-9_]{1,512}$")]
    language: Language
    components: list[Component] = Field(default_factory=list)

    @model_validator(mode="after")
    def _components_once(self) -> Self:
        once_each([*self.components])
        return self


class TemplateMessage(Strict):
    """A request to `/messages` or `/marketing_messages`."""

    messaging_product: Literal["whatsapp"]
    recipient_type: Literal["individual"] = "individual"
    to: Annotated[str, Field(pattern=r"^[0-9]{5,15}$")]
    type: Literal["template"]
    template: Template
    biz_opaque_callback_data: Annotated[str, Field(max_length=512)] | None = None


def read_message(body: Any) -> TemplateMessage:
    """Check a request's body.

    Raises:
        GraphError: it is not what Meta takes; the details name the first wrong place.
    """
    try:
        return TemplateMessage.model_validate(body)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    place = ".".join(str(part) for part in first["loc"])
    raise GraphError(_CODES.get(first["type"], VALUE_NOT_VALID), f"{place}: {first['msg']}")

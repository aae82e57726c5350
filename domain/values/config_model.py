"""The base of every part of a configuration."""

from pydantic import BaseModel, ConfigDict


class ConfigModel(BaseModel):
    """A part of the configuration. Unknown keys are rejected."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

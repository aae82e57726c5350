"""What every part of a configuration has in common."""

from pydantic import BaseModel, ConfigDict


class Config(BaseModel):
    """A part of the configuration. A key that it does not know is an error, not a wish."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

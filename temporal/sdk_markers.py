"""What Temporal's SDK writes into markers by itself: it never passes a codec, so it is plain.

The Web UI takes the name of a local activity from it.
"""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from temporalio.api.common.v1 import Payload

_Name = Annotated[str, Field(pattern=r"^[\w.:-]{1,100}$")]
"""Room for no sentence."""


class _Marker(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore")

    not_encrypted: bool = True


class _LocalActivity(_Marker):
    seq: int
    attempt: int
    activity_id: _Name
    activity_type: _Name


class _Patch(_Marker):
    id: _Name
    deprecated: bool


_marker = TypeAdapter[_LocalActivity | _Patch](_LocalActivity | _Patch)


def plain_marker(payload: Payload) -> Payload | None:
    """The names and numbers of a marker, said to be unencrypted; None if it is something else."""
    try:
        marker = _marker.validate_json(payload.data)
    except ValidationError:
        return None
    shown = marker.model_copy(update={"not_encrypted": True})
    return Payload(metadata={"encoding": b"json/plain"}, data=shown.model_dump_json().encode())

"""How Temporal's payloads are written: pydantic models as JSON, without what is None.

The SDK makes a converter for every run of a workflow and every activation of it. Those of this
class share one set of encoders, whose type adapters are built once in a process.
"""

from typing import Any, Final

from pydantic import TypeAdapter
from temporalio.api.common.v1 import Payload
from temporalio.contrib.pydantic import PydanticJSONPlainPayloadConverter, PydanticPayloadConverter
from temporalio.converter import CompositePayloadConverter, EncodingPayloadConverter

_ANYTHING: Final = TypeAdapter[Any](Any)


class LeanJSONConverter(PydanticJSONPlainPayloadConverter):
    """As the SDK's, but a field that is None is left out: None is the default of every such field.

    Other defaults are written. They may change with a release, and histories must read as before.
    """

    def to_payload(self, value: Any) -> Payload:
        """Write a value as JSON."""
        data = _ANYTHING.dump_json(value, exclude_none=True)
        return Payload(metadata={"encoding": self.encoding.encode()}, data=data)


def _encoders() -> tuple[EncodingPayloadConverter, ...]:
    standard = PydanticPayloadConverter().converters.values()
    lean = LeanJSONConverter()
    return tuple(lean if each.encoding == lean.encoding else each for each in standard)


_ENCODERS: Final = _encoders()


class JourneyPayloadConverter(CompositePayloadConverter):
    """The converter of every client and worker."""

    def __init__(self) -> None:
        """Share the encoders of the process."""
        super().__init__(*_ENCODERS)

"""The consent in an event, for stores that require it."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field, TypeAdapter, ValidationError

from domain.events.partner_schema import PartnerModel
from domain.values.timestamps import Timestamp


class Consent(PartnerModel):
    """`customer.consent` of an event: proof of who agreed to be messaged."""

    granted: bool
    source: Annotated[str, Field(min_length=1, max_length=256)]
    """Such as `checkout checkbox`."""
    timestamp: Timestamp


_adapter = TypeAdapter(Consent)


def is_granted(body: Mapping[str, Any]) -> bool:
    """Whether an event says that its customer agreed, with source and time."""
    customer = body.get("customer")
    told = customer.get("consent") if isinstance(customer, Mapping) else None
    try:
        return _adapter.validate_python(told).granted
    except ValidationError:
        return False

"""What a journey is called."""

from dataclasses import dataclass


def journey_id(store_id: str, customer_id: str) -> str:
    """The Temporal workflow id: one open journey per store and customer."""
    return f"journey:{store_id}:{customer_id}"


@dataclass(frozen=True)
class CustomerRef:
    """A customer of a store, by the ids that journeys are found by."""

    store_id: str
    customer_id: str

    @property
    def journey_id(self) -> str:
        """The workflow id of this customer's journeys."""
        return journey_id(self.store_id, self.customer_id)

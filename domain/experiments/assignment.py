"""Assigning people to the arms of an experiment, by a keyed hash: stable, and without a record.

The two draws of one experiment, and those of two experiments, are independent: each hashes another
text.
"""

import hmac
from typing import Final

from domain.experiments.design import Design

_BITS: Final = 53
"""As many as a float holds exactly."""


def draw(hash_key: str, experiment_id: str, person: str, purpose: str) -> float:
    """A number in [0, 1), always the same for a person, an experiment and a purpose.

    Args:
        hash_key: the store's. Without it the number cannot be foreseen.
        experiment_id: which experiment.
        person: the keyed hash of the person's number.
        purpose: what is drawn.
    """
    text = f"{purpose}:{experiment_id}:{person}"
    digest = hmac.digest(hash_key.encode(), text.encode(), "sha256")
    return (int.from_bytes(digest[:8], "big") >> (64 - _BITS)) / (1 << _BITS)


def is_held_out(design: Design, hash_key: str, experiment_id: str, person: str) -> bool:
    """Whether a person gets no message."""
    return draw(hash_key, experiment_id, person, "holdout") < design.holdout


def variant_of(design: Design, hash_key: str, experiment_id: str, person: str) -> str | None:
    """The variant that a person gets; None: the plan has none."""
    if not design.variants:
        return None
    left = draw(hash_key, experiment_id, person, "variant")
    *others, (last, _) = sorted(design.shares().items())
    for name, share in others:
        if left < share:
            return name
        left -= share
    return last  # the shares may add up to a little less than 1

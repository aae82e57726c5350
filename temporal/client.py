"""The client of Temporal, with this program's payload converter."""

import dataclasses
from collections.abc import Mapping

from temporalio.client import Client
from temporalio.converter import DataConverter, DefaultFailureConverterWithEncodedAttributes
from temporalio.envconfig import ClientConfig

from temporal.observation import Observation
from temporal.payload_codec import EncryptionCodec
from temporal.payload_converter import JourneyPayloadConverter

DEFAULT_ADDRESS = "localhost:7233"
DEFAULT_NAMESPACE = "default"
PLAIN_CONVERTER = DataConverter(payload_converter_class=JourneyPayloadConverter)
"""Pydantic models as JSON."""


def data_converter(keys: Mapping[str, bytes], namespace: str) -> DataConverter:
    """Pydantic models as JSON; encrypted when there are keys, failures included."""
    if not keys:
        return PLAIN_CONVERTER
    return dataclasses.replace(
        PLAIN_CONVERTER,
        payload_codec=EncryptionCodec(keys, namespace),
        failure_converter_class=DefaultFailureConverterWithEncodedAttributes,
    )


async def connect(
    keys: Mapping[str, bytes], *, lazy: bool = False, observation: Observation | None = None
) -> Client:
    """Connect as the `TEMPORAL_…` variables say.

    Args:
        keys: encrypt what Temporal stores; the first encrypts, all decrypt.
        lazy: connect with the first call, so that a process can start before Temporal.
        observation: counts and traces its calls.
    """
    config = ClientConfig.load_client_connect_config()
    config.setdefault("target_host", DEFAULT_ADDRESS)
    namespace = config.setdefault("namespace", DEFAULT_NAMESPACE)
    observed = observation or Observation()
    return await Client.connect(
        **config,
        data_converter=data_converter(keys, namespace or DEFAULT_NAMESPACE),
        lazy=lazy,
        interceptors=observed.interceptors,
        runtime=observed.runtime,
    )

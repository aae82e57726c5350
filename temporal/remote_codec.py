"""Temporal's remote codec form: JSON of payloads in and out, as the Web UI and the CLI post it.

https://docs.temporal.io/production-deployment/data-encryption describes it.
"""

import json

from google.protobuf.json_format import MessageToJson, ParseDict, ParseError
from temporalio.api.common.v1 import Payload, Payloads
from temporalio.client import Client

from temporal.payload_codec import ENCODING, EncryptionCodec, UndecryptableError
from temporal.sdk_markers import plain_marker

_NOT_ENCRYPTED = (
    "Comeback does not show this payload: it is not encrypted, "
    "so anyone with access to Temporal may have written it."
)
_UNDECRYPTABLE = (
    "Comeback cannot decrypt this payload: its key is not among PAYLOAD_KEYS, "
    "or it was changed, or it is of another namespace."
)


class InvalidPayloadsError(Exception):
    """A body is not the JSON of Temporal's `Payloads`."""


class RemoteCodec:
    """Encrypts and decrypts for Temporal's tools; they send many payloads at once."""

    def __init__(self, codec: EncryptionCodec) -> None:
        """Use the keys and the namespace of this codec."""
        self._codec = codec

    def encode(self, body: bytes) -> str:
        """Encrypt each payload.

        Raises:
            InvalidPayloadsError: the body is not JSON of payloads.
        """
        return _json([self._codec.encrypt(payload) for payload in _payloads(body)])

    def decode(self, body: bytes) -> str:
        """Decrypt each payload; in the place of one that cannot be, say so.

        One such payload must not hide the others. It is not returned as it came: the Web UI would
        show a plain one, which may be forged, as if it had been decrypted. The SDK's own markers
        are plain: names and numbers of them are returned, marked as not encrypted.

        Raises:
            InvalidPayloadsError: the body is not JSON of payloads.
        """
        return _json([self._decrypted_or_note(payload) for payload in _payloads(body)])

    def _decrypted_or_note(self, payload: Payload) -> Payload:
        if payload.metadata.get("encoding") != ENCODING:
            return plain_marker(payload) or _note(_NOT_ENCRYPTED)
        try:
            return self._codec.decrypt(payload)
        except UndecryptableError:
            return _note(_UNDECRYPTABLE)


def remote_codec(client: Client) -> RemoteCodec | None:
    """The codec of this client's namespace; None if its payloads are not encrypted."""
    codec = client.data_converter.payload_codec
    return RemoteCodec(codec) if isinstance(codec, EncryptionCodec) else None


def _payloads(body: bytes) -> list[Payload]:
    try:
        document = json.loads(body)
        if not isinstance(document, dict):
            raise InvalidPayloadsError
        return list(ParseDict(document, Payloads(), ignore_unknown_fields=True).payloads)
    except (ValueError, RecursionError, ParseError) as error:
        raise InvalidPayloadsError from error


def _json(payloads: list[Payload]) -> str:
    return MessageToJson(Payloads(payloads=payloads), indent=None)


def _note(text: str) -> Payload:
    return Payload(metadata={"encoding": b"json/plain"}, data=json.dumps(text).encode())

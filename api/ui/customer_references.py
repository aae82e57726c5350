"""Customers in the addresses of pages: encrypted, since a customer's id may be personal.

The same customer has the same reference until the admin token changes.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as Base64Error

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from fastapi import Request

from api.errors import not_found
from settings import Settings

_KEY_PURPOSE = b"comeback/customer-reference/1"
_KEY_BYTES = 64


def reference_to(settings: Settings, store_id: str, customer_id: str) -> str:
    """The reference to a customer of a store."""
    sealed = _cipher(settings).encrypt(customer_id.encode(), [store_id.encode()])
    return urlsafe_b64encode(sealed).decode().rstrip("=")


def customer_of_reference(request: Request, store_id: str, reference: str) -> str:
    """The customer's id.

    Raises:
        HTTPException: 404, it is not a reference of ours to a customer of this store.
    """
    settings: Settings = request.app.state.services.settings
    try:
        sealed = urlsafe_b64decode(reference + "=" * (-len(reference) % 4))
        return _cipher(settings).decrypt(sealed, [store_id.encode()]).decode()
    except (Base64Error, InvalidTag, ValueError):
        raise not_found("customer") from None


def _cipher(settings: Settings) -> AESSIV:
    token = settings.admin_token.get_secret_value() if settings.admin_token else ""
    derived = HKDF(SHA256(), length=_KEY_BYTES, salt=None, info=_KEY_PURPOSE)
    return AESSIV(derived.derive(token.encode()))

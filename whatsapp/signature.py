"""Meta's signature of a webhook: `X-Hub-Signature-256`, from Meta's page "Webhooks"."""

import hashlib
import hmac

HEADER = "x-hub-signature-256"


def is_signed(raw: bytes, signature: str, app_secret: str) -> bool:
    """Whether the header's value signs exactly this body. Compares in constant time."""
    digest = hmac.new(app_secret.encode(), raw, hashlib.sha256).hexdigest()
    return hmac.compare_digest(signature.encode(), f"sha256={digest}".encode())

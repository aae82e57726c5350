"""Meta's error answers: the envelope, and the HTTP status of each code."""

import secrets
from typing import Any, Final

DEFAULT_STATUS = 400

_STATUSES: Final[dict[int, int]] = {
    0: 401,
    2: 503,
    3: 500,
    10: 403,
    190: 401,
    **dict.fromkeys(range(200, 300), 403),
    368: 403,
    131000: 500,
    131005: 403,
    131016: 500,
    130497: 403,
    131031: 403,
    131045: 500,
    131057: 500,
    132001: 404,
    133004: 503,
}

_TITLES: Final[dict[int, str]] = {
    3: "API Method",
    4: "Application request limit reached",
    33: "Parameter value is not valid",
    100: "Invalid parameter",
    190: "Invalid OAuth access token",
    2500: "Unknown path components",
    130429: "Rate limit hit",
    131000: "Something went wrong",
    131008: "Required parameter is missing",
    131009: "Parameter value is not valid",
    131026: "Message undeliverable",
    131037: "WhatsApp provided number needs display name approval before message can be sent",
    131048: "Spam rate limit hit",
    131049: "This message was not delivered to maintain healthy ecosystem engagement",
    131050: "User has stopped receiving marketing messages from this business",
    131056: "(Business Account, Consumer Account) pair rate limit hit",
    132000: "Number of parameters does not match the expected number of params",
    132001: "Template name does not exist in the translation",
    132012: "Parameter format does not match format in the created template",
    132015: "Template is paused",
    132016: "Template is disabled",
    132018: "There was an issue with the parameters in your template",
    134101: "Template is syncing",
}


class GraphError(Exception):
    """A request that Meta would refuse.

    Args:
        code: Meta's.
        details: for `error_data.details`.
        subcode: of Graph API, where it says more.
    """

    def __init__(self, code: int, details: str, subcode: int | None = None) -> None:
        super().__init__(f"(#{code}) {details}")
        self.code = code
        self.details = details
        self._subcode = {} if subcode is None else {"error_subcode": subcode}

    @property
    def status(self) -> int:
        """The HTTP status that Meta sends with this code."""
        return _STATUSES.get(self.code, DEFAULT_STATUS)

    @property
    def envelope(self) -> dict[str, Any]:
        """The body of the answer, in the form that all of Graph API has."""
        return {
            "error": {
                "message": f"(#{self.code}) {_TITLES.get(self.code, 'Error')}",
                "type": "OAuthException",
                "code": self.code,
                **self._subcode,
                "error_data": {"messaging_product": "whatsapp", "details": self.details},
                "fbtrace_id": secrets.token_urlsafe(12),
            }
        }

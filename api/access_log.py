"""The access log: one line for each request, with its route instead of its path.

A path may hold a customer's id or a phone number, and a query Meta's verify token. The caller's
address is personal data, too.
"""

import logging

import structlog

log = structlog.get_logger()


class _Silence(logging.Filter):
    def filter(self, _record: logging.LogRecord) -> bool:
        return False


_SILENCE = _Silence()


def silence_uvicorn() -> None:
    """Turn off uvicorn's own access log, which has paths. Idempotent."""
    logging.getLogger("uvicorn.access").addFilter(_SILENCE)


def log_request(method: str, route: str, status: str, seconds: float) -> None:
    """Write the line of an answered request."""
    log.info("request", method=method, route=route, status=status, ms=round(seconds * 1000))

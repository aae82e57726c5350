"""The web server's access log: paths, without what could be personal or secret."""

import logging
import re

_ADDRESS = re.compile(r"(/suppressions/)[^/]+")
_PATH_POSITION = 2
"""Where uvicorn has the path among a record's arguments."""


class _Redaction(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.args, tuple) and len(record.args) > _PATH_POSITION:
            arguments = list(record.args)
            arguments[_PATH_POSITION] = redacted(str(arguments[_PATH_POSITION]))
            record.args = tuple(arguments)
        return True


_FILTER = _Redaction()


def redacted(path: str) -> str:
    """The path without its query, which has Meta's verify token, and without suppressed numbers."""
    return _ADDRESS.sub(r"\1***", path.partition("?")[0])


def redact_access_log() -> None:
    """Filter uvicorn's access log. Idempotent."""
    logging.getLogger("uvicorn.access").addFilter(_FILTER)

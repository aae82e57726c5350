"""What the web server's access log may say: paths, without what could be personal or secret."""

import logging
import re

_ADDRESS = re.compile(r"(/suppressions/)[^/]+")
_PATH = 2
"""Where uvicorn has the path among a record's arguments."""


class _Discreet(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        """Cut the query off, where Meta's verify token stands, and suppressed numbers out."""
        if isinstance(record.args, tuple) and len(record.args) > _PATH:
            arguments = list(record.args)
            arguments[_PATH] = discreet(str(arguments[_PATH]))
            record.args = tuple(arguments)
        return True


_FILTER = _Discreet()


def discreet(path: str) -> str:
    """The path as it may be logged."""
    return _ADDRESS.sub(r"\1***", path.partition("?")[0])


def keep_access_log_discreet() -> None:
    """Have uvicorn's access log filtered; a second time changes nothing."""
    logging.getLogger("uvicorn.access").addFilter(_FILTER)

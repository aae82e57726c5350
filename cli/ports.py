"""Which ports of this machine are free."""

import socket
from collections.abc import Mapping

from cli.errors import PortsTakenError


def is_free(host: str, port: int) -> bool:
    """Whether a server could listen there now."""
    with socket.socket(_family(host), socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def free_port(host: str) -> int:
    """A port that is not in use."""
    with socket.socket(_family(host), socket.SOCK_STREAM) as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])


def require_free(ports: Mapping[str, tuple[str, int]]) -> None:
    """Refuse to start where a port is in use.

    Args:
        ports: host and port by the name of the variable that sets the port.

    Raises:
        PortsTakenError: names every port that is in use, and its variable.
    """
    problems = [
        f"port {port} on {host} is in use. Stop what listens there, or set {variable} to another"
        for variable, (host, port) in ports.items()
        if not is_free(host, port)
    ]
    if problems:
        raise PortsTakenError("\n".join(problems))


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET

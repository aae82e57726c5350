"""`python -m sandbox`: the stand-ins as a process of their own, until a signal ends it.

Prints its URL as the first line of standard output.
"""

import argparse
import sys
from contextlib import suppress
from pathlib import Path

import uvicorn

from sandbox.app import create_sandbox
from sandbox.ledger import Ledger
from sandbox.server import config_of, listen, url_of


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m sandbox", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="on loopback; 0 takes a free one")
    parser.add_argument("--ledger", type=Path, help="also keep what Meta received in this file")
    return parser.parse_args()


def main() -> None:
    """Print the URL, then serve."""
    arguments = _arguments()
    app = create_sandbox(Ledger(arguments.ledger))
    with listen(arguments.port) as listener, suppress(KeyboardInterrupt):
        sys.stdout.write(f"{url_of(listener)}\n")
        sys.stdout.flush()
        uvicorn.Server(config_of(app)).run(sockets=[listener])


if __name__ == "__main__":
    main()

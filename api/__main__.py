"""`python -m api`: the API as a process of its own, until a signal ends it."""

import argparse

from api.server.run import serve
from settings import load_settings


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m api", description=__doc__)
    parser.add_argument("--host", help="instead of API_HOST")
    parser.add_argument("--port", type=int, help="instead of API_PORT")
    parser.add_argument(
        "--shared", action="store_true", help="other processes serve the same address, too"
    )
    return parser.parse_args()


if __name__ == "__main__":
    arguments = _arguments()
    settings = load_settings()
    address = (arguments.host or settings.api_host, arguments.port or settings.api_port)
    serve(settings, *address, shared=arguments.shared)

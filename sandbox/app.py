"""All stand-ins in one application: Meta at the root, others at `/partner` and `/channels`."""

from fastapi import FastAPI

from sandbox.channel import create_channel
from sandbox.ledger import Ledger
from sandbox.meta import create_meta
from sandbox.partner import create_partner


def create_sandbox(
    ledger: Ledger | None = None, *, required_header: tuple[str, str] | None = None
) -> FastAPI:
    """Everything that a journey calls.

    Args:
        ledger: where Meta keeps what it received; in memory when left out.
        required_header: name and value without which the partner answers 401.
    """
    app = FastAPI(title="Sandbox", openapi_url=None)
    app.mount("/partner", create_partner(required_header=required_header))
    app.mount("/channels", create_channel())
    app.mount("/", create_meta(ledger or Ledger()))
    return app

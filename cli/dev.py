"""`journeys dev`: the embedded stack with nothing posted, until a signal stops it."""

import asyncio
import json
import shlex
from collections.abc import Iterator
from contextlib import suppress

import typer

from cli.errors import Interrupted
from cli.running import run_stack
from cli.stack import Stack
from settings import Settings

WORKER_METRICS_PORT = 9464
"""Where `make dev` has the worker's metrics unless the environment says another port."""

_STORE = {
    "organization_id": "my-org",
    "name": "My store",
    "timezone": "Asia/Kolkata",
    "buffer": "15s",
    "whatsapp": {"phone_number_id": "1055", "access_token": "from-meta"},
    "plans": {
        "cart_update": [{"after": "1m", "template": "cart_reminder", "language": "en"}],
    },
}


async def run_dev(settings: Settings) -> None:
    """Run until a signal comes.

    Raises:
        CommandError: it cannot start, or cannot go on.
    """
    port = settings.worker_metrics_port or WORKER_METRICS_PORT
    settings = settings.model_copy(update={"worker_metrics_port": port})
    with suppress(Interrupted):
        async with run_stack(settings, typer.echo) as stack:
            typer.echo("\n".join(_welcome(stack)))
            await asyncio.Event().wait()


def _welcome(stack: Stack) -> Iterator[str]:
    yield "ready"
    yield f"  API docs      {stack.api_url}/docs"
    yield f"  Temporal UI   {stack.ui_url}"
    if stack.codec_endpoint:
        yield f"  sign in       {stack.sign_in_url}, so that the Web UI decrypts"
    yield f"  metrics       {stack.api_url}/metrics, {stack.worker_metrics_url}"
    yield f"  admin token   {stack.shown_token}"
    yield f"  state, logs   {stack.settings.data_dir}"
    yield "try: register a store; the answer has the key that its events are posted with"
    yield _curl(stack)
    yield "stop with Ctrl-C"


def _curl(stack: Stack) -> str:
    return " ".join(
        (
            f"  curl -X PUT {stack.api_url}/v1/stores/my-store",
            f'-H "Authorization: Bearer {stack.shown_token}"',
            "-H 'Content-Type: application/json'",
            f"-d {shlex.quote(json.dumps(_STORE))}",
        )
    )

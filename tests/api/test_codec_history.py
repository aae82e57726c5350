"""An encrypted journey, read by Temporal's own command line through the codec server."""

import asyncio
import json
from base64 import b64decode
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from temporalio.client import Client

from api.app import create_app
from sandbox.server import serve
from temporal.client import data_converter
from tests.api.caller import ADMIN, Caller, connecting_to, running_api, settings_for
from tests.api.codec_caller import KEYS
from tests.api.running_journeys import explained, running_worker, store_without_buffer
from tests.servers import temporal_binary

WITHIN_SECONDS = 60
INPUT, RESULT = '"rules_version":', '"reason":"plan_done"'
SUMMARY = "unless they came back: message 1 of 1"


@pytest.fixture
async def own_encrypted(
    own_database_url: str, address: str, own_namespace: Client
) -> AsyncIterator[Caller]:
    """An API with keys, in a namespace of the test's own."""
    settings = settings_for(own_database_url, payload_keys=KEYS)
    async with running_api(settings, connecting_to(address, own_namespace.namespace)) as caller:
        yield caller


async def read_history(client: Client, workflow_id: str, *options: str) -> str:
    """All payloads that `temporal workflow show` prints, as text."""
    address = client.service_client.config.target_host
    show = await asyncio.create_subprocess_exec(
        *(temporal_binary(), "workflow", "show", "--output", "json"),
        *("--address", address, "--namespace", client.namespace, "--workflow-id", workflow_id),
        *options,
        stdout=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(WITHIN_SECONDS):
        output, _ = await show.communicate()
    return b"\n".join(payloads_in(json.loads(output))).decode(errors="replace")


def payloads_in(node: Any) -> Iterator[bytes]:
    """The data of every payload within a part of a history, user metadata included."""
    if isinstance(node, dict):
        if isinstance(node.get("data"), str):
            yield b64decode(node["data"])
        node = list(node.values())
    if isinstance(node, list):
        for each in node:
            yield from payloads_in(each)


async def test_an_encrypted_history_is_readable_by_the_admin_token(
    own_encrypted: Caller, own_namespace: Client, address: str, sandbox_url: str
) -> None:
    caller, namespace = own_encrypted, own_namespace.namespace
    converter = data_converter(KEYS, namespace)
    client = await Client.connect(address, namespace=namespace, data_converter=converter)
    async with running_worker(client, caller.database, sandbox_url):
        shop = await store_without_buffer(caller, "0ms")
        await shop.post()
        journey = (await explained(shop, "closed"))["journey_id"]

    app = create_app(caller.services.settings, connect=connecting_to(address, namespace))
    async with serve(app) as url:
        codec = ("--codec-endpoint", f"{url}/codec", "--codec-auth", f"Bearer {ADMIN}")
        readable = await read_history(client, journey, *codec)
    encrypted = await read_history(client, journey)

    for told in (INPUT, RESULT, SUMMARY):
        assert told in readable
        assert told not in encrypted
    assert "Comeback " not in readable  # no note: all of it was decrypted

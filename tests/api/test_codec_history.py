"""An encrypted journey, read by Temporal's own command line through the codec server."""

import asyncio
from collections.abc import AsyncIterator

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


@pytest.fixture
async def own_encrypted(
    own_database_url: str, address: str, own_namespace: Client
) -> AsyncIterator[Caller]:
    """An API with keys, in a namespace of the test's own."""
    settings = settings_for(own_database_url, payload_keys=KEYS)
    async with running_api(settings, connecting_to(address, own_namespace.namespace)) as caller:
        yield caller


async def history(client: Client, workflow_id: str, *options: str) -> str:
    """What `temporal workflow show` prints as JSON."""
    address = client.service_client.config.target_host
    show = await asyncio.create_subprocess_exec(
        *(temporal_binary(), "workflow", "show", "--output", "json"),
        *("--address", address, "--namespace", client.namespace, "--workflow-id", workflow_id),
        *options,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    async with asyncio.timeout(WITHIN_SECONDS):
        output, _ = await show.communicate()
    return output.decode()


async def test_an_encrypted_history_is_readable_with_the_admin_token_alone(
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
        endpoint = ("--codec-endpoint", f"{url}/codec", "--codec-auth")
        readable = await history(client, journey, *endpoint, f"Bearer {ADMIN}")
        refused = await history(client, journey, *endpoint, "Bearer wrong")
    encrypted = await history(client, journey)

    told = ["cart_reminder", "message 1 of 1", "plan_done", '"rules_version"']
    assert [each for each in told if each not in readable] == []
    assert [each for each in told if each in encrypted or each in refused] == []
    assert "Comeback cannot" not in readable
    assert "401" in refused

"""Schemathesis: requests of every form that the OpenAPI document allows, and of others.

Every answer must be one that the document declares. `FUZZ` adds options, for a longer search:
`FUZZ="--max-examples 300" pytest tests/api/test_openapi_fuzz.py`.
"""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import httpx
import pytest
from temporalio.client import Client

from api.app import create_app
from sandbox.server import serve
from tests.api.caller import ADMIN, Caller, Shop, connecting_to, settings_for, unused_address
from tests.api.codec_caller import KEYS
from tests.api.meta_caller import META_SETTINGS

pytestmark = pytest.mark.slow

CONFIG = Path(__file__).with_name("schemathesis.toml")
COMMAND = (sys.executable, "-m", "schemathesis.cli", "--config-file", str(CONFIG), "run")
TIMEOUT_SECONDS = 600
HIGHEST_RATE = 10_000


@pytest.fixture
async def shop(own_namespace: Client, address: str, tmp_path: Path) -> AsyncIterator[Shop]:
    """A store of an API that is served over HTTP, with an open journey."""
    url = f"sqlite:///{tmp_path / 'comeback.db'}"
    with unused_address() as nowhere:
        settings = settings_for(
            url, payload_keys=KEYS, whatsapp_api_url=f"http://{nowhere}", **META_SETTINGS
        )
        app = create_app(settings, connect=connecting_to(address, own_namespace.namespace))
        async with serve(app) as base, httpx.AsyncClient(base_url=base, trust_env=False) as http:
            assert (await http.get("/health/live")).status_code == 200
            shop = await Caller(http, app.state.services).new_store(rate=HIGHEST_RATE)
            assert (await shop.post()).status_code == 202
            yield shop


async def fuzz(
    shop: Shop, folder: Path, token: str | None, options: Sequence[str]
) -> tuple[int | None, str]:
    """Run schemathesis, which keeps a cache in this folder; its exit code and its report."""
    header = [] if token is None else ["--header", f"Authorization: Bearer {token}"]
    process = await asyncio.create_subprocess_exec(
        *COMMAND, *header, *options, *os.environ.get("FUZZ", "").split(),
        f"{shop.caller.http.base_url}/openapi.json",
        env=os.environ | {"STORE_ID": shop.store_id, "NO_COLOR": "1"},
        cwd=folder,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    async with asyncio.timeout(TIMEOUT_SECONDS):
        report, _ = await process.communicate()
    return process.returncode, report.decode()


async def test_operator_finds_no_answer_that_is_not_declared(shop: Shop, tmp_path: Path) -> None:
    code, report = await fuzz(shop, tmp_path, ADMIN, ["--exclude-tag", "partner"])
    assert code == 0, report


async def test_store_finds_no_answer_that_is_not_declared(shop: Shop, tmp_path: Path) -> None:
    tags = ["--include-tag", "partner", "--include-tag", "journeys"]
    code, report = await fuzz(shop, tmp_path, shop.key, tags)
    assert code == 0, report


async def test_caller_without_a_key_finds_no_answer_that_is_not_declared(
    shop: Shop, tmp_path: Path
) -> None:
    code, report = await fuzz(shop, tmp_path, None, ["--phases", "fuzzing"])
    assert code == 0, report

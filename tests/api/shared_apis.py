"""One running application for each kind of database, which the tests of a session share."""

from contextlib import AsyncExitStack
from pathlib import Path

from tests.api.caller import Caller, connecting_to, running_api, settings_for
from tests.databases import SQLITE, fresh_postgresql


class SharedApis:
    """Starts an application when a test first needs it."""

    def __init__(self, stack: AsyncExitStack, folder: Path, address: str) -> None:
        """Connect to Temporal at this address; closing the stack stops the applications."""
        self._stack = stack
        self._folder = folder
        self._address = address
        self._callers: dict[str, Caller] = {}

    async def on(self, backend: str) -> Caller:
        if backend not in self._callers:
            settings = settings_for(self._new_database(backend))
            api = running_api(settings, connecting_to(self._address))
            self._callers[backend] = await self._stack.enter_async_context(api)
        return self._callers[backend]

    def _new_database(self, backend: str) -> str:
        if backend == SQLITE:
            return f"sqlite:///{self._folder / 'comeback.db'}"
        return self._stack.enter_context(fresh_postgresql())

"""One renewer with its files, and a story that happens around it."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from hub.renewer.keeper import Keeper
from hub.renewer.options import Options
from hub.vaulthttp import VaultHttp
from tests.openbao import OpenBao

POLICY = """
path "auth/token/lookup-self" { capabilities = ["read"] }
path "auth/token/renew-self" { capabilities = ["update"] }
"""


class Bench:
    """One renewer with its files."""

    def __init__(self, bao: OpenBao, folder: Path, **changes: Any) -> None:
        self.bao, self.source, self.target = bao, folder / "source", folder / "target"
        bao.ok("PUT", "sys/policies/acl/renewed", body={"policy": POLICY})
        environ = {
            "VAULT_ADDR": bao.address,
            "VAULT_CACERT": str(bao.ca),
            "RENEWER_SOURCE": str(self.source),
            "RENEWER_TARGET": str(self.target),
            "RENEWER_POLL_SECONDS": "0.1",
            **changes,
        }
        self.options = Options.of(environ)
        http = VaultHttp(self.options.address, self.options.ca_file, self.options.namespace)
        self.keeper = Keeper(self.options, http)

    def token(self, **options: Any) -> str:
        body = {"policies": ["renewed"], "no_default_policy": True, "no_parent": True, **options}
        return str(self.bao.ok("POST", "auth/token/create", body=body)["auth"]["client_token"])

    def give(self, **options: Any) -> str:
        """Put a new token into the source."""
        token = self.token(**options)
        self.source.write_text(token + "\n")
        return token

    def handed(self) -> str:
        return self.target.read_text() if self.target.exists() else ""

    def lives(self, token: str) -> bool:
        return bool(self.bao.call("GET", "auth/token/lookup-self", token)[0] == 200)

    def run(self, story: Callable[[], Awaitable[None]]) -> None:
        """The renewer works while the story is told."""

        async def both() -> None:
            work = asyncio.create_task(self.keeper.run())
            try:
                await story()
            finally:
                work.cancel()

        asyncio.run(both())

    async def until(self, reached: Callable[[], Any], seconds: float = 10) -> None:
        """Wait, and let the renewer work meanwhile."""
        end = time.monotonic() + seconds
        while not reached():
            assert time.monotonic() < end, f"not within {seconds} s; the renewer says: {self.keeper.state}"
            await asyncio.sleep(0.02)

"""A Keycloak of this machine that pods reach at their node's address."""

import asyncio
import contextlib
import threading
from collections.abc import Iterator
from pathlib import Path

from tests.hub.relay import bad_line
from tests.keycloakserver import KeycloakServer, server
from tests.kubernetes.site import Site


class Relay:
    """The server's port on loopback, at an address that pods reach."""

    def __init__(self, host: str, port: int) -> None:
        self.address = ""
        ready = threading.Event()
        threading.Thread(target=asyncio.run, args=(self._serve(host, port, ready),), daemon=True).start()
        assert ready.wait(10)

    async def _serve(self, host: str, port: int, ready: threading.Event) -> None:
        async with bad_line(port, host=host) as self.address:
            ready.set()
            await asyncio.Event().wait()


@contextlib.contextmanager
def on_node(site: Site, folder: Path) -> Iterator[KeycloakServer]:
    """A running one, at the address of the cluster's one node."""
    (node,) = site.kube.items("/api/v1/nodes")
    host = next(one["address"] for one in node["status"]["addresses"] if one["type"] == "InternalIP")
    with server(folder, host) as found:
        found.https_address = Relay(host, found.https_port).address
        yield found

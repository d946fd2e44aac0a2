"""Serve the endpoint until SIGTERM; its variables say where it listens and where the hub is."""

import logging
import os
import sys
from urllib.parse import urlsplit

import aiohttp
from aiohttp import web

from hub.ending import run_to_end, told_to_stop
from hub.mcpgate.gate import MOST_BYTES, Gate, refused_method
from hub.mcpgate.hubside import HubSide

_NEEDED = ("MCP_LISTEN", "MCP_PATH", "MCP_HUB_API")
_STOP_SECONDS = 2.0


async def serve() -> None:
    """Listen where the proxy sends clients, and wait for the end.

    Raises:
        OSError: the port is taken.
    """
    place, path = urlsplit(os.environ["MCP_LISTEN"]), os.environ["MCP_PATH"].rstrip("/")
    # Nobody waits for a free connection: a call may take as long as a cell does.
    connector = aiohttp.TCPConnector(limit=0)
    # Cookies of one user's server are for nobody else.
    async with aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar()) as session:
        gate = Gate(HubSide(os.environ["MCP_HUB_API"], session), session, os.environ.get("MCP_TITLE", "JupyterHub"))
        server = web.Application(client_max_size=MOST_BYTES)
        for address in (path, f"{path}/"):
            server.router.add_post(address, gate.post)
            server.router.add_route("*", address, refused_method)
        # A client that has gone takes its work with it.
        runner = web.AppRunner(server, handler_cancellation=True, access_log=None, shutdown_timeout=_STOP_SECONDS)
        await runner.setup()
        try:
            await web.TCPSite(runner, place.hostname, place.port).start()
            await told_to_stop().wait()
        finally:
            await runner.cleanup()


def main() -> int:
    """Run the command line."""
    logging.basicConfig(level=logging.INFO, format="[%(levelname).1s %(asctime)s %(name)s] %(message)s")
    return run_to_end("mcp", _NEEDED, serve)


if __name__ == "__main__":
    sys.exit(main())

"""A bad line to a server: connections that break, that are slow, or that nobody answers."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


@asynccontextmanager
async def bad_line(
    port: int, *, breaks: int = 0, hangs: bool = False, late_seconds: float = 0, host: str = "127.0.0.1"
) -> AsyncIterator[str]:
    """The address of a relay to a port of this machine.

    Args:
        host: where it listens.
        breaks: how many connections are cut before one goes through.
        hangs: no connection is ever answered.
        late_seconds: how long each connection waits before anything goes through.
    """
    left = breaks
    open_ones: list[asyncio.StreamWriter] = []

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal left
        open_ones.append(writer)
        if hangs:
            return
        if left > 0:
            left -= 1
            writer.close()
            return
        await asyncio.sleep(late_seconds)
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", port)
        open_ones.append(far_writer)
        await asyncio.gather(_pump(reader, far_writer), _pump(far_reader, writer))

    server = await asyncio.start_server(connected, host, 0)
    try:
        yield f"https://{host}:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        for writer in open_ones:
            writer.close()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65536):
        writer.write(data)
    writer.close()

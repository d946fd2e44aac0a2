"""The official MCP client: the only module that imports it, and only when it is run."""

import asyncio
import contextlib
import signal
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

from apply import rest
from spec.errors import StackError, TargetUnreachable

_PATIENCE_SECONDS = 30.0


def load() -> None:
    """Import the client, which takes seconds, before there is a token whose time runs and that an interrupt ends."""
    import mcp.client.streamable_http  # noqa: F401


def tool_names(url: str, token: str, trust: Path | None, address: str | None) -> list[str]:
    """Begin a session at an endpoint and list its tools.

    Args:
        trust: certificates to trust instead of the system's.
        address: where to connect, when the host's name need not be known on this machine.

    Raises:
        StackError: the session did not come about; the message says how far it got.
    """
    try:
        with _interrupts_kept():
            return asyncio.run(asyncio.wait_for(_listed(url, token, trust, address), _PATIENCE_SECONDS))
    except TimeoutError as error:
        raise TargetUnreachable(f"{url} did not list its tools within {_PATIENCE_SECONDS:.0f} s") from error
    except Exception as error:
        # The client raises groups of groups of whatever its parts raise; the innermost says what happened.
        raise StackError(f"an MCP session with {url} failed: {_innermost(error)}") from error


@contextlib.contextmanager
def _interrupts_kept() -> Iterator[None]:
    """asyncio makes a cancellation of ^C, and one that comes while the client cancels its own work is lost."""
    came: list[int] = []

    def interrupted(number: int, frame: FrameType | None) -> None:
        came.append(number)
        signal.default_int_handler(number, frame)

    if signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        yield  # it is ignored, as of a job in the background
        return
    signal.signal(signal.SIGINT, interrupted)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        if came:
            raise KeyboardInterrupt


async def _listed(url: str, token: str, trust: Path | None, address: str | None) -> list[str]:
    import httpx2
    from mcp import ClientSession
    from mcp.client.streamable_http import streamable_http_client

    class To(httpx2.AsyncHTTPTransport):
        """Connects to the address; the certificate must be the host's all the same."""

        async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
            if address is not None:
                request.extensions = {**request.extensions, "sni_hostname": request.url.host}
                request.url = request.url.copy_with(host=address)
            return await super().handle_async_request(request)

    async with contextlib.AsyncExitStack() as stack:
        http = httpx2.AsyncClient(
            headers={"Authorization": f"token {token}"},
            timeout=_PATIENCE_SECONDS,
            transport=To(verify=rest.tls_context(trust), trust_env=False),
            trust_env=False,
        )
        await stack.enter_async_context(http)
        read, write, *_ = await stack.enter_async_context(streamable_http_client(url, http_client=http))
        session = await stack.enter_async_context(ClientSession(read, write))
        await session.initialize()
        return [tool.name for tool in (await session.list_tools()).tools]


def _innermost(error: BaseException) -> str:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return f"{type(error).__name__}: {error}"

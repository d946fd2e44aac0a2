"""The official client ends with ^C, whatever it is doing just then."""

import asyncio
import os
import signal
from collections.abc import Iterator

import pytest

from apply import mcpclient


async def cancels_its_own_work(*_: object) -> list[str]:
    """As a session that ends: a cancellation from outside looks like its own."""
    os.kill(os.getpid(), signal.SIGINT)
    try:
        await asyncio.sleep(5)
    except asyncio.CancelledError:
        return ["a tool"]
    return []


async def finishes_just_then(*_: object) -> list[str]:
    try:
        os.kill(os.getpid(), signal.SIGINT)
    except KeyboardInterrupt:
        return ["a tool"]
    return []


@pytest.fixture(autouse=True)
def _in_the_foreground() -> Iterator[None]:
    """Also where these tests run as a job in the background, which ignores ^C."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.parametrize("session", [cancels_its_own_work, finishes_just_then])
def test_an_interrupt_is_not_lost_in_a_session(monkeypatch: pytest.MonkeyPatch, session: object) -> None:
    monkeypatch.setattr(mcpclient, "_listed", session)
    with pytest.raises(KeyboardInterrupt):
        mcpclient.tool_names("http://127.0.0.1:9/mcp", "token", None, None)

    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_an_interrupt_that_is_ignored_stays_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mcpclient, "_listed", finishes_just_then)
    signal.signal(signal.SIGINT, signal.SIG_IGN)

    assert mcpclient.tool_names("http://127.0.0.1:9/mcp", "token", None, None) == []

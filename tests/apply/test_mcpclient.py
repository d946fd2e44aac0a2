"""The official client ends with ^C, whatever it is doing just then."""

import asyncio
import os
import signal

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


@pytest.mark.parametrize("session", [cancels_its_own_work, finishes_just_then])
def test_an_interrupt_is_not_lost_in_a_session(monkeypatch: pytest.MonkeyPatch, session: object) -> None:
    monkeypatch.setattr(mcpclient, "_listed", session)
    before = signal.getsignal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        mcpclient.tool_names("http://127.0.0.1:9/mcp", "token", None, None)

    assert signal.getsignal(signal.SIGINT) is before

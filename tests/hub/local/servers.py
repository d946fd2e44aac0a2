"""Servers for tests of the spawner: what one does, and how a test waits for it."""

import asyncio
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from hub.local import confine, process
from hub.local.spawner import LocalSpawner

HERE = Path(__file__).parent
landlock = pytest.mark.skipif(confine.abi() == 0, reason="this machine's kernel has no Landlock")
proc = pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="this system has no /proc to look in")

SERVER = """
import os, signal, socket, subprocess, sys, time, urllib.parse
{before}
port = urllib.parse.urlsplit(os.environ["JUPYTERHUB_SERVICE_URL"]).port
kernel = subprocess.Popen(["sleep", "300"], start_new_session=True)
open("kernel", "w").write(str(kernel.pid))
print("listening", flush=True)
listener = socket.create_server(("127.0.0.1", port))
time.sleep(300)
"""
"""Listens as a notebook server does, and has a kernel in a session of its own."""

Make = Callable[..., LocalSpawner]


def server(before: str = "") -> list[str]:
    """The command of a server that does this first."""
    return [sys.executable, "-c", SERVER.replace("{before}", before)]


def run(wanted: Awaitable[Any]) -> Any:
    """What comes of it, on a loop of its own."""

    async def waited() -> Any:
        return await wanted

    return asyncio.run(waited())


def until(reached: Callable[[], bool], seconds: float = 10) -> None:
    """Waits for it, and fails when it does not come."""
    deadline = time.monotonic() + seconds
    while not reached():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def kernel_of(spawner: LocalSpawner) -> tuple[int, str]:
    """The pid and identity of the kernel that the server has started."""
    pid = int((spawner.home / "kernel").read_text())
    return pid, process.identity(pid) or ""

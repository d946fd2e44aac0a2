"""A process of its own until its end: by a signal, or for want of what it needs."""

import asyncio
import os
import signal
import sys
from collections.abc import Callable, Coroutine, Iterable
from typing import Any


def told_to_stop() -> asyncio.Event:
    """Set at SIGTERM and SIGINT; to be called on the running loop."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    return stop


def run_to_end(name: str, needed: Iterable[str], serve: Callable[[], Coroutine[Any, Any, None]]) -> int:
    """Serve until it ends; the exit code.

    Args:
        name: of the process, for its last words.
        needed: variables that have to be set.
        serve: raises OSError where its address cannot be used.
    """
    if missing := [variable for variable in needed if not os.environ.get(variable)]:
        sys.stderr.write(f"{name}: {missing[0]} is not set\n")
        return 2
    try:
        asyncio.run(serve())
    except OSError as error:
        sys.stderr.write(f"{name}: its address cannot be used: {error.strerror}\n")
        return 1
    return 0

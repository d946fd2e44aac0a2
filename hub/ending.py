"""The end of a process of its own, by a signal."""

import asyncio
import signal


def told_to_stop() -> asyncio.Event:
    """Set at SIGTERM and SIGINT; to be called on the running loop."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    return stop

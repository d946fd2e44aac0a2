"""One after the other in an event loop, with its other work in between. Touches nothing."""

import asyncio


class Turns:
    """Spreads what many begin at once: each waits for a pass of the loop of its own."""

    def __init__(self) -> None:
        """The first one need not wait."""
        self._last: asyncio.Future[None] | None = None

    async def wait(self) -> None:
        """Return in a pass of the loop in which nobody else returns from here."""
        loop = asyncio.get_running_loop()
        before, mine = self._last, loop.create_future()
        self._last = mine
        try:
            if before is not None and not before.done():
                await before
        finally:
            # Also of one who has given up: those behind it wait for this. It may be resolved by a closing loop.
            loop.call_soon(_resolve, mine)


def _resolve(turn: "asyncio.Future[None]") -> None:
    if not turn.done():
        turn.set_result(None)

"""The life of one part: started after those it needs, watched, started again with a growing pause."""

import asyncio
import contextlib
import os
import signal
import ssl
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

from hub.local import process
from hub.local.parts import Part, Ready, State

FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.5, 30.0
_QUICK_PAUSE_SECONDS = 0.1
_GOOD_RUN_SECONDS = 10.0
"""A part that was ready for this long did not fail at once: it starts again without a pause."""
_PROBE_SECONDS, _PROBE_TIMEOUT_SECONDS = 0.05, 2.0
_SETTLED_SECONDS = 0.3
"""A part that answers nothing counts as ready when it is still there after this time."""
_INHERITED = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR", "USER", "LOGNAME", "SSL_CERT_FILE", "SSL_CERT_DIR")


class Runner:
    """Keeps one part alive until it is told to stop."""

    def __init__(self, state: Path, part: Part, ready: dict[str, asyncio.Event], changed: Callable[[], None]) -> None:
        """Args: ready: an event for each part; changed: called whenever the status has."""
        self.part = part
        self.status = State(fingerprint=part.fingerprint, since=time.time())
        self._state = state
        self._ready = ready
        self._changed = changed
        self._task: asyncio.Task[None] | None = None

    def start(self, previous: State | None = None) -> None:
        """Begin; a living process of the same fingerprint is taken over as it is."""
        if previous and previous.pid and previous.identity and process.alive(previous.pid, previous.identity):
            self.status = previous
        self._task = asyncio.create_task(self._live())

    def reopen_logs(self) -> None:
        """Send SIGHUP to the process; not to one that is only starting, which it would end."""
        if self.status.state == "ready" and self.status.pid and self.status.identity:
            process.send(self.status.pid, self.status.identity, signal.SIGHUP)

    async def stop(self) -> None:
        """End the process and stay down."""
        if self._task:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        self._ready[self.part.name].clear()
        pid, known = self.status.pid, self.status.identity
        if pid and known:
            await asyncio.to_thread(process.end, pid, known, self.part.stop_seconds)
            _reap(pid)
        self._set("stopped", pid=None, identity=None)

    async def _live(self) -> None:
        pause = FIRST_PAUSE_SECONDS
        while True:
            if not (self.status.pid and self.status.identity):
                await self._begin()
            ran = await self._watch()
            self._ready[self.part.name].clear()
            pause = _QUICK_PAUSE_SECONDS if ran >= _GOOD_RUN_SECONDS else max(pause, FIRST_PAUSE_SECONDS)
            self.status.restarts += 1
            self._set("backoff", pid=None, identity=None)
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE_SECONDS)

    async def _begin(self) -> None:
        for name in self.part.after:
            await self._ready[name].wait()
        try:
            child = _launch(self._state, self.part)
        except (OSError, ValueError) as error:
            self.status.last_exit = f"cannot be started: {error}"
            return
        # The exit code is read by `_reap`; without this, Popen would complain about a child it still owns.
        child.returncode = 0
        known = process.identity(child.pid)
        if known is None:
            self.status.last_exit = _reap(child.pid)
        self._set("starting", pid=child.pid if known else None, identity=known)

    async def _watch(self) -> float:
        """Wait for the end of the process; the seconds for which it was ready."""
        pid, known = self.status.pid, self.status.identity
        if pid is None or known is None:
            return 0.0
        ended = asyncio.create_task(_ended(pid, known))
        answers = asyncio.create_task(self._answers())
        try:
            await asyncio.wait({ended, answers}, return_when=asyncio.FIRST_COMPLETED)
            if ended.done():
                self.status.last_exit = _reap(pid)
                return 0.0
            began = time.monotonic()
            self._ready[self.part.name].set()
            self._set("ready", pid=pid, identity=known)
            await ended
            self.status.last_exit = _reap(pid)
            return time.monotonic() - began
        finally:
            ended.cancel()
            answers.cancel()

    async def _answers(self) -> None:
        if self.part.ready is None:
            await asyncio.sleep(_SETTLED_SECONDS)
            return
        while (answer := await _probe(self.part.ready)) not in self.part.ready.status:
            if answer != self.status.answer:
                self.status.answer = answer
                self._changed()
            await asyncio.sleep(_PROBE_SECONDS)
        self.status.answer = None

    def _set(self, state: str, pid: int | None, identity: str | None) -> None:
        self.status.state, self.status.pid, self.status.identity = state, pid, identity
        self.status.since = time.time()
        self._changed()


def _launch(state: Path, part: Part) -> subprocess.Popen[bytes]:
    environment = {name: os.environ[name] for name in _INHERITED if name in os.environ} | part.environment
    for name, file in part.environment_files.items():
        environment[name] = Path(file).read_text("utf-8").strip()
    environment["BUUNSTACK_PART"] = f"{state}:{part.name}"
    log = os.open(state / "log" / f"{part.name}.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        return subprocess.Popen(
            part.command,
            env=environment,
            cwd=part.directory,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            umask=0o077,
        )
    finally:
        os.close(log)


async def _ended(pid: int, known: str) -> None:
    """Return when the process has ended, child or not."""
    descriptor = process.open_descriptor(pid)
    if descriptor is None:
        while process.alive(pid, known):
            await asyncio.sleep(FIRST_PAUSE_SECONDS)
        return
    loop, gone = asyncio.get_running_loop(), asyncio.Event()
    loop.add_reader(descriptor, gone.set)
    try:
        if process.alive(pid, known):
            await gone.wait()
    finally:
        loop.remove_reader(descriptor)
        os.close(descriptor)


def _reap(pid: int) -> str:
    """Take a child's exit code and say it in words; a process that was taken over leaves none."""
    with contextlib.suppress(ChildProcessError):
        _, code = os.waitpid(pid, 0)
        if os.WIFSIGNALED(code):
            return f"killed by {signal.Signals(os.WTERMSIG(code)).name}"
        return f"ended with {os.WEXITSTATUS(code)}"
    return "ended"


async def _probe(ready: Ready) -> int | None:
    """The status of one HTTP request; None for any failure."""
    url = urlsplit(ready.url)
    context = ssl.create_default_context(cafile=ready.ca) if url.scheme == "https" else None
    try:
        async with asyncio.timeout(_PROBE_TIMEOUT_SECONDS):
            reader, writer = await asyncio.open_connection(url.hostname, url.port, ssl=context)
            try:
                writer.write(f"GET {url.path or '/'} HTTP/1.0\r\nHost: {url.hostname}\r\n\r\n".encode())
                line = await reader.readline()
            finally:
                writer.close()
        return int(line.split()[1])
    except (OSError, TimeoutError, ValueError, IndexError):
        return None

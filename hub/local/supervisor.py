"""Keeps the parts of a local stack alive: `python -m hub.local.supervisor STATE [--detach | --stop [--servers]]`.

Parts outlive a supervisor that is killed; the next one takes them over, so that no part ever runs twice.
"""

import argparse
import asyncio
import contextlib
import fcntl
import json
import os
import signal
import sys
import time
from dataclasses import asdict
from pathlib import Path

from hub.local import logfiles, process, shutdown
from hub.local.parts import STATUS, Part, State, read_status, read_table, write_private
from hub.local.runner import Runner

LOCK = "run/supervisor.lock"
_ROTATE_SECONDS = 5.0
_HELD_ELSEWHERE = 5


class Supervisor:
    """All parts of one state directory."""

    def __init__(self, state: Path) -> None:
        """Starts nothing yet."""
        self._state = state
        self._runners: dict[str, Runner] = {}
        self._ready: dict[str, asyncio.Event] = {}
        self._since = time.time()
        self._known: dict[str, State] = {}
        """What a killed supervisor left, until each part has a runner: a second kill must not lose it."""
        self._reading = asyncio.Lock()
        self._reloads: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Run until a signal says stop."""
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop.set)
        loop.add_signal_handler(signal.SIGHUP, self._reload_soon)
        await self._take_over()
        await self._reload()
        self._known = {}
        rotating = asyncio.create_task(self._rotate())
        await stop.wait()
        rotating.cancel()
        await self._stop_all()

    async def _take_over(self) -> None:
        """Remember the processes of a killed supervisor, and end every other one that carries this stack's mark."""
        self._known = read_status(self._state)
        self._write()
        owned = {status.pid: name for name, status in self._known.items() if status.identity}
        for pid, mark in process.marked("BUUNSTACK_PART", f"{self._state}:").items():
            if owned.get(pid) != mark.rpartition(":")[2] and (identity := process.identity(pid)):
                _say(f"ending a second copy: {mark} (process {pid})")
                await asyncio.to_thread(process.end, pid, identity, 5)

    def _reload_soon(self) -> None:
        task = asyncio.create_task(self._reload())
        self._reloads.add(task)
        task.add_done_callback(self._reloads.discard)

    async def _reload(self) -> None:
        async with self._reading:
            try:
                wanted = read_table(self._state)
            except ValueError as error:
                _say(f"{error}; the parts go on as they are")
                return
            for name in reversed(list(self._runners)):
                if name not in wanted or wanted[name].fingerprint != self._runners[name].part.fingerprint:
                    _say(f"stopping {name}")
                    await self._runners.pop(name).stop()
            for name, part in wanted.items():
                self._ready.setdefault(name, asyncio.Event())
                if name not in self._runners:
                    await self._start(part, self._known.get(name))
            self._runners = {name: self._runners[name] for name in wanted}
            self._write()

    async def _start(self, part: Part, previous: State | None) -> None:
        if previous and previous.fingerprint != part.fingerprint:
            if previous.pid and previous.identity:
                await asyncio.to_thread(process.end, previous.pid, previous.identity, part.stop_seconds)
            previous = None
        _say(f"starting {part.name}")
        self._runners[part.name] = Runner(self._state, part, self._ready, self._write)
        self._runners[part.name].start(previous)

    async def _stop_all(self) -> None:
        """The keeper first, for it would start another supervisor; then the others, last started first."""
        async with self._reading:
            last_first = list(self._runners)[::-1]
            for name in sorted(last_first, key=lambda name: name != "keeper"):
                _say(f"stopping {name}")
                await self._runners[name].stop()

    async def _rotate(self) -> None:
        while True:
            await asyncio.sleep(_ROTATE_SECONDS)
            with contextlib.suppress(OSError):
                for name in await asyncio.to_thread(logfiles.rotate, self._state / "log"):
                    if name in self._runners:
                        self._runners[name].reopen_logs()

    def _write(self) -> None:
        supervisor = {"pid": os.getpid(), "identity": process.identity(os.getpid()), "since": self._since}
        statuses = self._known | {name: runner.status for name, runner in self._runners.items()}
        parts = {name: asdict(status) for name, status in statuses.items()}
        content = {"supervisor": supervisor, "parts": parts}
        try:
            write_private(self._state / STATUS, json.dumps(content, indent=2) + "\n")
        except OSError as error:
            _say(f"cannot write the status: {error.strerror}")


def main(arguments: list[str]) -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="supervisor", description=__doc__)
    parser.add_argument("state", type=Path)
    parser.add_argument("--detach", action="store_true", help="return at once and run on")
    parser.add_argument("--stop", action="store_true", help="end the supervisor and its parts")
    parser.add_argument("--servers", action="store_true", help="with --stop: users' servers too")
    options = parser.parse_args(arguments)
    state = options.state.resolve()
    os.umask(0o077)
    if options.stop:
        shutdown.stop(state, options.servers)
        return 0
    if options.detach and not _detach(state):
        return 0
    return _supervise(state)


def _supervise(state: Path) -> int:
    descriptor = os.open(state / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        _say(f"another supervisor holds {state / LOCK}")
        return _HELD_ELSEWHERE
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, str(os.getpid()).encode(), 0)
    asyncio.run(Supervisor(state).run())
    return 0


def _detach(state: Path) -> bool:
    """Fork twice into a session of one's own; True in the process that goes on."""
    if os.fork():
        os.wait()
        return False
    os.setsid()
    if os.fork():
        os._exit(0)
    log = os.open(state / "log" / "supervisor.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for target, source in ((0, nothing), (1, log), (2, log)):
        os.dup2(source, target)
    os.closerange(3, 256)
    return True


def _say(text: str) -> None:
    sys.stderr.write(f"{time.strftime('%Y-%m-%d %H:%M:%S')} {text}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""Start other programs: the only module of the operator's side that does."""

import contextlib
import ctypes
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from spec.errors import StackError, ToolMissing

_KEPT = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR", "USER", "LOGNAME", "SSL_CERT_FILE", "SSL_CERT_DIR")
"""Variables that any program may need; a stack's parts inherit nothing else from the caller's shell."""
_PIECE = 2**20
_AFTER_OTHERS = ("nice", "-n", "10")


def plain_environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """The few variables a long-running program inherits, with `extra` on top."""
    return {name: os.environ[name] for name in _KEPT if name in os.environ} | dict(extra or {})


def found(program: str) -> str | None:
    """Where `program` lies on PATH, or None."""
    return shutil.which(program)


def last_lines(text: str, count: int = 8) -> str:
    """The end of what a program printed, where its failures stand."""
    return "\n".join(text.strip().splitlines()[-count:])


def run(
    command: Sequence[str],
    *,
    what: str,
    environment: Mapping[str, str] | None = None,
    directory: Path | None = None,
    gives_way: bool = False,
) -> str:
    """Run `command` to its end and return what it printed.

    Args:
        what: the work in the user's words, for the error.
        environment: the whole environment; the caller's when left out.
        gives_way: takes only the processor time that others leave, such as users' servers.

    Raises:
        ToolMissing: the program is not there.
        StackError: it ended with a failure; the message holds its last lines.
    """
    try:
        done = subprocess.run(
            [*(_AFTER_OTHERS if gives_way and found(_AFTER_OTHERS[0]) else ()), *command],
            env=None if environment is None else dict(environment),
            cwd=directory,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            check=False,
        )
    except FileNotFoundError as error:
        raise ToolMissing(f"{command[0]} is not there, so {what} cannot go on", hint=f"install {command[0]}") from error
    if done.returncode:
        raise _failed(what, command, done.returncode, done.stdout)
    return done.stdout


def pieces(command: Sequence[str], *, what: str) -> Iterator[bytes]:
    """What `command` prints, piece by piece; it is ended when nobody reads on.

    Args:
        what: the work in the user's words, for the error.

    Raises:
        StackError: it ended with a failure; the message holds its last lines.
    """
    with tempfile.TemporaryFile() as complaints:
        with subprocess.Popen(
            list(command), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=complaints
        ) as process:
            assert process.stdout is not None
            try:
                while piece := process.stdout.read(_PIECE):
                    yield piece
            except BaseException:
                process.terminate()
                raise
        if process.returncode:
            complaints.seek(0)
            raise _failed(what, command, process.returncode, complaints.read().decode("utf-8", "replace"))


def _failed(what: str, command: Sequence[str], code: int, said: str) -> StackError:
    return StackError(f"{what} failed: {Path(command[0]).name} ended with {code}\n{last_lines(said)}")


def watched(
    command: Sequence[str],
    *,
    given: str,
    hopeless: Callable[[], bool],
    environment: Mapping[str, str] | None = None,
    every_seconds: float = 1.0,
) -> tuple[int, str]:
    """Run `command` to its end, looking at the world meanwhile; return its code and its last words.

    It has a process group of its own, so that an interrupt reaches this program alone, which then ends it by TERM; and
    it dies with this program, so that nothing goes on unseen (Linux).

    Args:
        given: its standard input, the place for what must not stand in an argument.
        hopeless: called again and again; when it says yes the command is ended by TERM, which lets it clean up.
    """
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(
            list(command),
            env=None if environment is None else dict(environment),
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
            process_group=0,
            preexec_fn=_die_with_parent if sys.platform == "linux" else None,
        )
        try:
            with contextlib.suppress(BrokenPipeError):
                assert process.stdin is not None
                process.stdin.write(given.encode())
                process.stdin.close()
            _watch(process, hopeless, every_seconds)
        finally:
            if process.poll() is None:
                process.terminate()
                process.wait()
        output.seek(0)
        return process.returncode, output.read().decode("utf-8", "replace").strip()


def _watch(process: "subprocess.Popen[bytes]", hopeless: Callable[[], bool], every_seconds: float) -> None:
    ended = False
    while True:
        try:
            process.wait(every_seconds)
            return
        except subprocess.TimeoutExpired:
            if not ended and hopeless():
                ended = True
                process.terminate()


def _die_with_parent() -> None:
    """prctl(PR_SET_PDEATHSIG, SIGKILL), in the child before it becomes the command."""
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)

"""The screen: the only module that prints, asks, and turns errors into text and exit codes.

Results go to standard output, everything else to standard error; without a terminal there is no prompt and no colour.
"""

import contextlib
import json
import os
import sys
import time
from collections.abc import Iterator, Sequence
from typing import Any

from spec.errors import StackError

_INTERNAL_ERROR = 70
"""EX_SOFTWARE of sysexits.h."""
_INTERRUPTED = 130
_BROKEN_PIPE = 141


def result(text: str) -> None:
    """Print a result: what a script or a pipe reads."""
    sys.stdout.write(text if text.endswith("\n") else text + "\n")
    sys.stdout.flush()


def result_json(content: Any) -> None:
    """Print a result as JSON."""
    result(json.dumps(content, indent=2, ensure_ascii=False))


def say(text: str) -> None:
    """Tell the user something beside the result."""
    sys.stderr.write(text if text.endswith("\n") else text + "\n")
    sys.stderr.flush()


def interactive() -> bool:
    """Whether somebody can be asked."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def ask(question: str, default: str) -> str:
    """Ask for a text; the default without a terminal or on an empty answer."""
    if not interactive():
        say(f"{question}: {default} (no terminal to ask at)")
        return default
    sys.stderr.write(f"{question} [{default}]: ")
    sys.stderr.flush()
    return sys.stdin.readline().strip() or default


def confirm(question: str, otherwise: str) -> None:
    """Go on only when the user says yes.

    Args:
        otherwise: what to type where nobody can be asked.

    Raises:
        StackError: the answer is no, or there is no terminal.
    """
    if not interactive():
        raise StackError(f"{question} needs an answer, and there is no terminal; nothing was changed", hint=otherwise)
    sys.stderr.write(f"{question} [y/N]: ")
    sys.stderr.flush()
    if sys.stdin.readline().strip().lower() not in ("y", "yes"):
        raise StackError("nothing was changed")


def ask_password(question: str) -> str:
    """Read a password without showing it, from the terminal or as the first line of standard input."""
    if sys.stdin.isatty():
        import getpass

        return getpass.getpass(f"{question}: ", stream=sys.stderr)
    return sys.stdin.readline().rstrip("\n")


class Progress:
    """What a long command is doing: one live line with the time on a terminal, plain lines without one."""

    def __init__(self, quiet: bool = False) -> None:
        """Args: quiet: print nothing (for `--json`)."""
        self._quiet = quiet
        self._started = time.monotonic()
        self._status: Any = None
        self._stack = contextlib.ExitStack()

    def __enter__(self) -> "Progress":
        if not self._quiet and sys.stderr.isatty() and os.environ.get("TERM") != "dumb":
            from rich.console import Console
            from rich.progress import Progress as Bar
            from rich.progress import SpinnerColumn, TextColumn, TimeElapsedColumn

            columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
            bar = Bar(*columns, console=Console(stderr=True), transient=True)
            self._stack.enter_context(bar)
            self._status = (bar, bar.add_task("starting", total=None))
        return self

    def __exit__(self, *failure: object) -> None:
        self._stack.close()

    @contextlib.contextmanager
    def paused(self) -> Iterator[None]:
        """Leave the terminal to a question while the body runs."""
        if self._status is None:
            yield
            return
        bar, _ = self._status
        bar.stop()
        try:
            yield
        finally:
            bar.start()

    def tell(self, text: str) -> None:
        """Say what goes on now."""
        if self._quiet:
            return
        if self._status is None or text.startswith("warning"):
            say(f"[{time.monotonic() - self._started:5.1f} s] {text}")
        else:
            from rich.markup import escape

            bar, task = self._status
            bar.update(task, description=escape(text))


def table(header: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    """Columns of text, each as wide as its widest cell."""
    lines = [header, *rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(header))]
    texts = ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines]
    return "\n".join(texts)


@contextlib.contextmanager
def user_errors() -> Iterator[None]:
    """Print what went wrong in words and end with its code; a traceback goes to a file, never to the screen."""
    try:
        yield
    except StackError as error:
        say(error.text())
        raise SystemExit(error.exit_code) from None
    except KeyboardInterrupt:
        say("interrupted; run the same command again, it goes on where it stopped")
        raise SystemExit(_INTERRUPTED) from None
    except BrokenPipeError:
        # The reader of standard output is gone; Python would complain once more at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise SystemExit(_BROKEN_PIPE) from None
    except Exception as error:  # noqa: BLE001 - the last door: anything here is a fault of this program
        say(_bug_text(error))
        raise SystemExit(_INTERNAL_ERROR) from None


def _bug_text(error: Exception) -> str:
    """Names the kind of the error only: its message may hold a value from the stack."""
    import platform
    import tempfile
    import traceback

    with tempfile.NamedTemporaryFile("w", prefix="buunstack-", suffix=".log", delete=False) as file:
        file.write(f"{platform.platform()} Python {platform.python_version()}\n{sys.argv}\n")
        traceback.print_exception(error, file=file)
    return (
        f"a fault of this program ({type(error).__name__}); it is not your stack file\n"
        f"  details: {file.name}\n"
        "  hint: inv status shows what stands; please report the details file after reading it"
    )

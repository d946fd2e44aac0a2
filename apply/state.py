"""The state directory of the local target: where it is, its modes, its files, its lock."""

import contextlib
import errno
import fcntl
import json
import os
import re
import shutil
import stat
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

from spec.errors import StackError

FOLDERS = (
    "conf",
    "secrets",
    "tls",
    "bao",
    "hub",
    "traefik",
    "homes",
    "profiles",
    "run",
    "run/servers",
    "log",
)
_FULL_DISK = {errno.ENOSPC, errno.EDQUOT}
_LOCK_WAIT_SECONDS = 900


def default_path(stack_name: str) -> Path:
    """Where the state of a stack lies unless `--state` names another place (XDG base directories)."""
    home = os.environ.get("XDG_STATE_HOME", "")
    base = Path(home) if home.startswith("/") else Path.home() / ".local" / "state"
    return base / "buunstack" / stack_name


@contextlib.contextmanager
def disk_errors(path: Path) -> Iterator[None]:
    """Turn what the file system refuses at `path` into a sentence for the user."""
    try:
        yield
    except OSError as error:
        if error.errno in _FULL_DISK:
            free = shutil.disk_usage(_existing(path)).free // 2**20
            raise StackError(
                f"the disk is full: cannot write {error.filename or path} ({free} MiB free)",
                hint="free some space, then run the same command again: it goes on where it stopped",
            ) from error
        raise StackError(
            f"cannot write {error.filename or path}: {error.strerror}",
            hint="use --state to name another directory",
        ) from error


def write_private(path: Path, text: str) -> None:
    """Write a file that the caller alone may read, as `write_whole` does.

    Raises:
        OSError: the file system refuses.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_whole(path, text, 0o600)


def write_whole(path: Path, text: str, mode: int) -> None:
    """Write a file whole or not at all, and have it on the disk before returning.

    Raises:
        OSError: the file system refuses.
    """
    with whole(path, mode) as file:
        file.write(text.encode())


@contextlib.contextmanager
def whole(path: Path, mode: int) -> Iterator[IO[bytes]]:
    """A file that has its name, and is on the disk, once the body has written all of it; else it is as it was.

    Raises:
        OSError: the file system refuses.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.new")
    try:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        os.fchmod(descriptor, mode)
        with os.fdopen(descriptor, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


FACTS = "conf/facts.json"
"""What an install has chosen for this machine, see `facts`."""
_KEPT = ("homes", "bao", "hub", "keycloak", "secrets", "tls", "log")
"""What uninstall leaves: homes, the users' secrets with their keys, accounts, and the logs."""


class StateDirectory:
    """One stack's state: `path` itself is 0700, each file in it 0600."""

    def __init__(self, path: Path) -> None:
        """Refuses a path that could not stand in the parts' configuration files."""
        self.path = path.expanduser().resolve()
        if bad := re.search(r'["\\$%@\x00-\x1f]', str(self.path)):
            raise StackError(
                f"the state directory {str(self.path)!r} has a character that the parts cannot take: {bad[0]!r}",
                hint="use --state with a plainer path",
            )

    def exists(self) -> bool:
        """Whether a stack was ever installed here."""
        return (self.path / "conf").is_dir()

    def ensure(self) -> None:
        """Make the directory and its folders, private to the caller.

        Raises:
            StackError: it belongs to someone else, or cannot be made.
        """
        with disk_errors(self.path):
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            if self.path.stat().st_uid != os.getuid():
                raise StackError(
                    f"the state directory {self.path} belongs to another user",
                    hint="use --state to name a directory of your own",
                )
            for folder in (self.path, *(self.path / name for name in FOLDERS)):
                folder.mkdir(mode=0o700, exist_ok=True)
                if stat.S_IMODE(folder.stat().st_mode) != 0o700:
                    folder.chmod(0o700)

    def write(self, name: str, text: str) -> None:
        """Write one file whole or not at all, and have it on the disk before returning."""
        path = self.path / name
        with disk_errors(path):
            write_private(path, text)

    def read(self, name: str) -> str | None:
        """The text of one file, or None when it is not there."""
        try:
            return (self.path / name).read_text("utf-8")
        except FileNotFoundError:
            return None
        except (OSError, UnicodeDecodeError) as error:
            raise StackError(f"cannot read {self.path / name}: {error}") from error

    def read_json(self, name: str) -> Any:
        """The content of one JSON file; None when it is not there or was cut short (it is written anew then)."""
        text = self.read(name)
        try:
            return None if text is None else json.loads(text)
        except json.JSONDecodeError:
            return None

    def has_secret(self, name: str) -> bool:
        """Whether a secret of that name was made."""
        return (self.path / "secrets" / name).exists()

    def secret(self, name: str) -> str:
        """A secret's value."""
        value = self.read(f"secrets/{name}")
        if value is None:
            raise StackError(f"the secret {self.path / 'secrets' / name} is gone", hint="inv install makes it anew")
        return value

    def write_secret(self, name: str, value: str) -> None:
        """Keep a secret, readable by the caller alone."""
        self.write(f"secrets/{name}", value)

    def ensure_secret(self, name: str, make: Callable[[], str] | None = None) -> None:
        """Make a secret unless it is there; an empty file (a crash in the middle) counts as not there."""
        if not self.read(f"secrets/{name}"):
            import secrets  # most commands make none

            self.write_secret(name, make() if make else secrets.token_hex(32))

    def wide_open(self) -> list[Path]:
        """Secrets that others of this machine may read: a restored backup or a hand-made copy, usually."""
        files = [self.path, *(self.path / "secrets").glob("*")]
        return [file for file in files if file.exists() and stat.S_IMODE(file.stat().st_mode) & 0o077]

    @contextlib.contextmanager
    def lock(self, purpose: str, tell: Callable[[str], None]) -> Iterator[None]:
        """Hold the stack for one command at a time; a second one says who holds it, and waits.

        The lock lies beside the directory: a lock inside a directory that is deleted would lock nothing.
        """
        path = self.path.with_name(f".{self.path.name}.lock")
        with disk_errors(path):
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            self._take(descriptor, path, tell)
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, json.dumps({"pid": os.getpid(), "command": purpose}).encode(), 0)
            yield
        finally:
            os.close(descriptor)

    def worker(self) -> str:
        """The command that holds the stack now, in words; empty when none does."""
        path = self.path.with_name(f".{self.path.name}.lock")
        try:
            with path.open("rb") as file:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except FileNotFoundError:
            return ""
        except BlockingIOError:
            return _holder(path)
        return ""

    def _take(self, descriptor: int, path: Path, tell: Callable[[str], None]) -> None:
        until = time.monotonic() + _LOCK_WAIT_SECONDS
        told = False
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return
            except BlockingIOError:
                holder = _holder(path)
            if not told:
                tell(f"waiting for {holder}, which works on the same stack")
                told = True
            if time.monotonic() > until:
                raise StackError(f"{holder} still works on {self.path}", hint="wait for it to end, or end it") from None
            time.sleep(0.2)


def of(stack_name: str, state: str | None) -> StateDirectory:
    """The directory of a stack; `state` is what `--state` names."""
    return StateDirectory(Path(state) if state else default_path(stack_name))


def remove_files(path: Path, purge: bool) -> None:
    """Empty a state directory of what install made; with `purge` of everything, itself included.

    Raises:
        StackError: something cannot be removed.
    """
    for entry in path.iterdir():
        if purge or entry.name not in _KEPT:
            try:
                shutil.rmtree(entry) if entry.is_dir() and not entry.is_symlink() else entry.unlink()
            except OSError as error:
                raise StackError(f"cannot remove {error.filename}: {error.strerror}") from error
    if purge:
        path.rmdir()


def _holder(path: Path) -> str:
    try:
        found = json.loads(path.read_text())
        return f"`inv {found['command']}` (process {found['pid']})"
    except (OSError, ValueError, KeyError, TypeError):
        return "another command"


def _existing(path: Path) -> Path:
    while not path.exists() and path != path.parent:
        path = path.parent
    return path

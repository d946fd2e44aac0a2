"""Whether this machine keeps users' servers apart, what they can read all the same, and the words for both."""

import os
import sys
from pathlib import Path

from apply.run import run
from apply.state import StateDirectory
from spec.errors import StackError
from spec.login import administrators
from spec.model import Stack

OPEN_FOLDERS = (
    *("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/etc", "/opt", "/proc", "/sys"),
    *("/run/systemd/resolve", "/dev/shm"),  # noqa: S108 - names the folder, makes no file in it
)
"""What every server may read, or write, as far as the account may: programs need it (see `hub/local/confine.py`)."""


def landlock(state: StateDirectory) -> int:
    """The version of Landlock that the stack's own code finds in this kernel; 0 without it."""
    command = [sys.executable, "-I", str(state.path / "site" / "hub" / "local" / "confine.py"), "--version"]
    return int(run(command, what="asking the kernel for Landlock"))


def described(stack: Stack, version: int) -> str:
    """What keeps users apart, in a few words."""
    if stack.target.confinement == "off":
        return "off (target.confinement)"
    return f"Landlock {version}" if version else "none: this kernel has no Landlock"


def refuse_open(stack: Stack, state: StateDirectory) -> None:
    """A state directory in such a folder would be open to every user.

    Raises:
        StackError: it lies in one.
    """
    if stack.target.confinement != "off" and (folder := _open_folder(state.path)):
        raise StackError(
            f"the state directory {state.path} lies in {folder}, which users' servers may read",
            hint="use --state to name a directory elsewhere, such as below your home",
        )


def warnings(stack: Stack, version: int) -> list[str]:
    """What an administrator must know of it."""
    if stack.target.confinement == "off":
        return ["warning: target.confinement is off: every user can read every other user's files, tokens and secrets"]
    found = []
    if not version:
        sole = next(iter(administrators(stack.auth)), "")
        who = f"only {sole} may start a server" if sole else "nobody may start a server"
        what = f"warning: this kernel has no Landlock and cannot keep users apart, so {who}"
        hint = "a Linux kernel from 5.13 on with Landlock enabled; or confinement: off, if all users trust each other"
        found.append(f"{what}\n  hint: {hint}")
    if os.geteuid() == 0:
        what = "warning: the stack runs as root, so users' servers can read root's files in /etc, /opt and /usr"
        found.append(f"{what}\n  hint: install it as a user of its own")
    if stack.hub.key and (folder := _open_folder(Path(stack.hub.key))):
        what = f"warning: hub.key lies in {folder}, where users' servers can read what this account can"
        found.append(f"{what}\n  hint: a copy below your home")
    return found


def _open_folder(path: Path) -> str:
    real = path.resolve()
    return next((folder for folder in OPEN_FOLDERS if real.is_relative_to(Path(folder).resolve())), "")

"""Whether this machine's kernel can keep users' servers apart, and what to say when it cannot."""

import sys

from apply.run import run
from apply.state import StateDirectory
from spec.model import Stack


def landlock(state: StateDirectory) -> int:
    """The version of Landlock that the stack's own code finds in this kernel; 0 without it."""
    command = [sys.executable, "-I", str(state.path / "site" / "hub" / "local" / "confine.py"), "--version"]
    return int(run(command, what="asking the kernel for Landlock"))


def described(stack: Stack, version: int) -> str:
    """What keeps users apart, in a few words."""
    if stack.target.confinement == "off":
        return "off (target.confinement)"
    return f"Landlock {version}" if version else "none: this kernel has no Landlock"


def warnings(stack: Stack, version: int) -> list[str]:
    """What an administrator must know of it; empty when users are kept apart."""
    if stack.target.confinement == "off":
        return ["warning: target.confinement is off: every user can read every other user's files, tokens and secrets"]
    if version:
        return []
    sole = stack.auth.admin_users[0] if stack.auth.admin_users else ""
    who = f"only {sole} may start a server" if sole else "nobody may start a server"
    what = f"warning: this kernel has no Landlock and cannot keep users apart, so {who}"
    hint = "a Linux kernel from 5.13 on with Landlock enabled; or confinement: off, if all users trust each other"
    return [f"{what}\n  hint: {hint}"]

"""Starts a command that reaches only the paths named for it (Linux, Landlock). Touches its own process.

`python -I confine.py [--read-write PATH | --read-only PATH | --nameless PATH]... -- command...`;
with `--version` alone it prints the version of Landlock, 0 for none.

Needs neither a package nor a privilege, so it also runs on an interpreter that has nothing installed.
"""

import contextlib
import ctypes
import errno
import os
import shutil
import stat
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import NoReturn

# The three system calls have these numbers on every architecture Linux supports but Alpha.
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_ASK_VERSION = 1
_RULE_PATH_BENEATH = 1
_PR_SET_NO_NEW_PRIVS = 38
_CAPABILITY_VERSION_3 = 0x20080522

# Rights on files, from linux/landlock.h. The network rights are left alone: servers need the loopback ports.
_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
_MAKE_CHAR, _MAKE_BLOCK = 1 << 6, 1 << 11
_REFER, _TRUNCATE, _IOCTL_DEV = 1 << 13, 1 << 14, 1 << 15
_FIRST_RIGHTS = (1 << 13) - 1
_SCOPE_ABSTRACT_SOCKETS, _SCOPE_SIGNALS = 1 << 0, 1 << 1

_ON_FILES = _EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE | _IOCTL_DEV
_READ_ONLY = _EXECUTE | _READ_FILE | _READ_DIR
# Whoever may make device nodes (root) would read every disk through one in the home.
_READ_WRITE = (_FIRST_RIGHTS | _REFER | _TRUNCATE | _IOCTL_DEV) & ~(_MAKE_CHAR | _MAKE_BLOCK)
# Shared memory is one folder for all users: without its listing, a name nobody told is a key nobody has.
_NAMELESS = _READ_WRITE & ~_READ_DIR

_MASKS = {"--read-write": _READ_WRITE, "--read-only": _READ_ONLY, "--nameless": _NAMELESS}

_SYSTEM = (
    "/usr",
    "/bin",
    "/sbin",
    "/lib",
    "/lib32",
    "/lib64",
    "/etc",
    "/opt",
    "/proc",
    "/sys",
    "/run/systemd/resolve",
)
_DEVICES = ("null", "zero", "full", "random", "urandom", "tty", "ptmx", "pts")

_PREFIX = ("bin", "lib", "lib64", "include", "share", "etc", "ssl", "libexec", "pyvenv.cfg")
"""What Python needs of the folder it is installed in; the folder itself may hold homes as well."""

_REFUSED = 126
_NOT_FOUND = 127
"""Exit codes, as a shell uses them for a command it cannot run and one it cannot find."""


class _RulesetAttributes(ctypes.Structure):
    _fields_ = [("files", ctypes.c_uint64), ("network", ctypes.c_uint64), ("scoped", ctypes.c_uint64)]


class _PathBeneath(ctypes.Structure):
    _pack_ = 1
    _layout_ = "ms"
    _fields_ = [("allowed", ctypes.c_uint64), ("parent", ctypes.c_int32)]


class _CapabilityHeader(ctypes.Structure):
    _fields_ = [("version", ctypes.c_uint32), ("pid", ctypes.c_int)]


class ConfineError(Exception):
    """The process could not be confined; its text is a sentence for whoever started it."""


def _system_call(number: int, *arguments: object) -> int:
    libc = ctypes.CDLL(None, use_errno=True)
    return int(libc.syscall(ctypes.c_long(number), *arguments))


def abi() -> int:
    """The version of Landlock this kernel has; 0 when it has none or has it disabled."""
    if not sys.platform.startswith("linux"):
        return 0
    return max(0, _system_call(_CREATE_RULESET, None, ctypes.c_size_t(0), ctypes.c_uint32(_ASK_VERSION)))


def gaps(version: int) -> list[str]:
    """What a confined process can still do to others of its account on this version of Landlock."""
    missing = {3: "truncate files it may not open", 6: "send signals to other servers and to the hub"}
    return [words for first, words in missing.items() if 0 < version < first]


def arguments(read_write: Iterable[str | Path], read_only: Iterable[str | Path]) -> list[str]:
    """The command line that confines to these paths and what every program needs; the command follows it."""
    rules = [("--read-write", f"/dev/{name}") for name in _DEVICES]
    rules += [("--nameless", "/dev/shm")]  # noqa: S108 - names the folder, makes no file in it
    rules += [("--read-only", path) for path in _SYSTEM]
    # Often a link to a file that the system writes somewhere below /run.
    rules += [("--read-only", os.path.realpath("/etc/resolv.conf"))]
    rules += [("--read-only", str(path)) for path in read_only]
    rules += [("--read-write", str(path)) for path in read_write]
    return [
        sys.executable,
        "-I",
        str(Path(__file__).resolve()),
        *(word for rule in rules for word in rule),
        "--",
    ]


def interpreter_paths(python: Path) -> list[str]:
    """Where this interpreter and the one its environment was made from have their files."""
    prefixes = {python.parent.parent, python.resolve().parent.parent}
    with contextlib.suppress(OSError):
        for line in (python.parent.parent / "pyvenv.cfg").read_text().splitlines():
            key, _, value = line.partition("=")
            if key.strip() == "home":
                prefixes.add(Path(value.strip()).parent)
    return sorted(str(prefix / name) for prefix in prefixes for name in _PREFIX)


def handled(version: int) -> int:
    """The rights on files that this version of Landlock can withhold."""
    rights = _FIRST_RIGHTS
    for first, right in ((2, _REFER), (3, _TRUNCATE), (5, _IOCTL_DEV)):
        rights |= right if version >= first else 0
    return rights


def _checked(result: int, what: str) -> int:
    if result < 0:
        raise ConfineError(f"{what}: {os.strerror(ctypes.get_errno())}")
    return result


def _allow(ruleset: int, path: str, rights: int) -> None:
    """Adds one rule; a path that is not there, or that nobody here can reach, needs none."""
    try:
        beneath = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        return
    try:
        # The kernel refuses a rule that grants a folder's rights on a file.
        if not stat.S_ISDIR(os.fstat(beneath).st_mode):
            rights &= _ON_FILES
        rule = _PathBeneath(rights, beneath)
        result = _system_call(_ADD_RULE, ruleset, _RULE_PATH_BENEATH, ctypes.byref(rule), ctypes.c_uint32(0))
        _checked(result, f"cannot allow {path}")
    finally:
        os.close(beneath)


def _give_up_privileges() -> None:
    """No program it starts gains a privilege, and root's go now: with them Linux 6.18 shows it any environment."""
    libc = ctypes.CDLL(None, use_errno=True)
    one, zero = ctypes.c_ulong(1), ctypes.c_ulong(0)
    # This first: without it, whatever root starts has all of root's capabilities again.
    gained = libc.prctl(ctypes.c_int(_PR_SET_NO_NEW_PRIVS), one, zero, zero, zero)
    _checked(gained, "cannot give up gaining privileges")
    none = (ctypes.c_uint32 * 6)()
    header = _CapabilityHeader(_CAPABILITY_VERSION_3, 0)
    _checked(libc.capset(ctypes.byref(header), ctypes.byref(none)), "cannot give up capabilities")


def confine(rules: Iterable[tuple[str, int]]) -> None:
    """Confines this process, and all it starts, to these paths with these rights; there is no way back.

    Raises:
        ConfineError: the kernel has no Landlock, or refused.
    """
    version = abi()
    if version == 0:
        raise ConfineError("this kernel has no Landlock, or has it disabled")
    scoped = _SCOPE_ABSTRACT_SOCKETS | _SCOPE_SIGNALS if version >= 6 else 0
    wanted = _RulesetAttributes(handled(version), 0, scoped)
    # Older kernels take the longer form as long as what they do not know is zero.
    size = ctypes.c_size_t(ctypes.sizeof(wanted))
    created = _system_call(_CREATE_RULESET, ctypes.byref(wanted), size, ctypes.c_uint32(0))
    ruleset = _checked(created, "cannot make a set of rules")
    try:
        for path, rights in rules:
            _allow(ruleset, path, rights & handled(version))
        _give_up_privileges()
        _checked(_system_call(_RESTRICT_SELF, ruleset, ctypes.c_uint32(0)), "cannot confine this process")
    finally:
        os.close(ruleset)


def _parsed(words: list[str]) -> tuple[list[tuple[str, int]], list[str]]:
    rules: list[tuple[str, int]] = []
    for position in range(0, len(words), 2):
        option, rest = words[position], words[position + 1 :]
        if option == "--" and rest:
            return rules, rest
        if option not in _MASKS or not rest:
            break
        rules.append((rest[0], _MASKS[option]))
    raise ConfineError(f"usage: confine.py [{' | '.join(f'{name} PATH' for name in _MASKS)}]... -- command...")


def main(words: list[str]) -> NoReturn:
    """Confines this process and becomes the command, or ends with a sentence on standard error."""
    if words == ["--version"]:
        print(abi())
        sys.exit(0)
    try:
        rules, command = _parsed(words)
        confine(rules)
    except ConfineError as error:
        sys.exit(_refusal(f"{error}; the command was not started"))
    try:
        os.execv(_located(command[0]), command)  # noqa: S606 - no shell is wanted
    except OSError as error:
        print(f"confine: cannot run {command[0]}: {error.strerror}", file=sys.stderr)
        sys.exit(_NOT_FOUND if isinstance(error, FileNotFoundError) else _REFUSED)


def _located(program: str) -> str:
    """The program's path; execvp would speak of a closed folder of PATH although the program is in none."""
    found = program if "/" in program else shutil.which(program)
    if found is None:
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))
    return found


def _refusal(sentence: str) -> int:
    print(f"confine: {sentence}", file=sys.stderr)
    return _REFUSED


if __name__ == "__main__":
    main(sys.argv[1:])

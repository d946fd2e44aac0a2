"""Starts a command on a kernel that seems to have no Landlock: its three system calls are unknown there.

`python tests/hub/local/no_landlock.py -- command...`
"""

import ctypes
import errno
import os
import struct
import sys

_PR_SET_SECCOMP, _PR_SET_NO_NEW_PRIVS = 22, 38
_MODE_FILTER = 2
_LOAD_WORD, _IF_AT_LEAST, _IF_GREATER, _RETURN = 0x20, 0x35, 0x25, 0x06
_ALLOW, _FAIL = 0x7FFF0000, 0x00050000
_FIRST, _LAST = 444, 446


class _Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("steps", ctypes.c_char_p)]


def forget_landlock() -> None:
    """Makes the calls fail with ENOSYS in this process and all it starts, by a seccomp filter."""
    steps = [
        (_LOAD_WORD, 0, 0, 0),
        (_IF_AT_LEAST, 0, 2, _FIRST),
        (_IF_GREATER, 1, 0, _LAST),
        (_RETURN, 0, 0, _FAIL | errno.ENOSYS),
        (_RETURN, 0, 0, _ALLOW),
    ]
    program = _Program(len(steps), b"".join(struct.pack("=HBBI", *step) for step in steps))
    libc = ctypes.CDLL(None, use_errno=True)
    zero = ctypes.c_ulong(0)
    for arguments in (
        (_PR_SET_NO_NEW_PRIVS, ctypes.c_ulong(1), zero, zero, zero),
        (_PR_SET_SECCOMP, ctypes.c_ulong(_MODE_FILTER), ctypes.byref(program), zero, zero),
    ):
        if libc.prctl(*arguments) != 0:
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


if __name__ == "__main__":
    command = sys.argv[sys.argv.index("--") + 1 :]
    forget_landlock()
    os.execvp(command[0], command)

"""Ports of the local target: chosen once, kept, and a taken one named with its owner."""

import secrets
import socket
from collections.abc import Iterable

from spec.errors import StackError

PUBLIC_FIRST, PUBLIC_LAST = 8000, 8099
INTERNAL_FIRST, INTERNAL_LAST = 20000, 32000


def is_free(address: str, port: int) -> bool:
    """Whether a server could listen there now."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        # As servers do: a port in TIME_WAIT is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except OSError:
            return False
    return True


def owner(port: int) -> str:
    """The process that listens on `port`, in words."""
    import psutil

    try:
        connections = psutil.net_connections("tcp")
    except (psutil.AccessDenied, OSError):
        return "another process"
    for connection in connections:
        here = connection.status == psutil.CONN_LISTEN and connection.laddr and connection.laddr.port == port
        if here and connection.pid:
            try:
                name = psutil.Process(connection.pid).name()
            except psutil.Error:
                name = "?"
            return f"process {connection.pid} ({name})"
    return "a process of another user"


def public_port(address: str, wanted: int | None, kept: int | None) -> int:
    """The port users visit: the declared one, else the one used before, else the first free one from 8000.

    Raises:
        StackError: it is taken; the message names the process.
    """
    if wanted is not None:
        if not is_free(address, wanted):
            raise StackError(
                f"port {wanted} on {address} is taken by {owner(wanted)}",
                hint=f"end that process, or set hub.port to a free one such as {_first_free(address)}",
            )
        return wanted
    if kept is not None and is_free(address, kept):
        return kept
    return _first_free(address)


def internal_port(avoid: Iterable[int]) -> int:
    """A free port on loopback that is none of `avoid`.

    Below the range from which Linux takes the near ends of connections (32768 to 60999, ip-sysctl.rst): there, any
    connection of any program could hold the port in the moment in which a part starts again.
    """
    taken = set(avoid)
    while True:
        port = secrets.randbelow(INTERNAL_LAST - INTERNAL_FIRST + 1) + INTERNAL_FIRST
        if port not in taken and is_free("127.0.0.1", port):
            return port


def _first_free(address: str) -> int:
    for port in range(PUBLIC_FIRST, PUBLIC_LAST + 1):
        if is_free(address, port):
            return port
    raise StackError(
        f"no port from {PUBLIC_FIRST} to {PUBLIC_LAST} is free on {address}",
        hint="set hub.port to a free one",
    )

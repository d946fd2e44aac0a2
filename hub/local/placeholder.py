"""A certificate for nobody, where the proxy speaks plain HTTP. Pure but for its random key."""

import datetime
from functools import cache
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

_NAME = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "served nowhere")])
_DAYS = 3650


@cache
def placeholder() -> dict[str, Any]:
    """Traefik's `tls` with a default certificate, both PEM texts inline.

    Without one Traefik makes an RSA key at each change of its routes, also where no entry point has TLS: 100 ms of a
    processor instead of 2.5 ms for every start and stop of a server (measured with 3.7.15).
    """
    key = ec.generate_private_key(ec.SECP256R1())
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder(_NAME, _NAME, key.public_key(), x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(now + datetime.timedelta(days=_DAYS))
        .sign(key, hashes.SHA256())
    )
    text = certificate.public_bytes(serialization.Encoding.PEM).decode()
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
    return {"stores": {"default": {"defaultCertificate": {"certFile": text, "keyFile": secret}}}}

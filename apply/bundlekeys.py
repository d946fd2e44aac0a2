"""The keys of bundles: one signs, the other is what an install trusts."""

import os
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from apply.state import write_whole
from spec.errors import StackError

_PRIVATE, _PUBLIC = 0o600, 0o644


def default() -> Path:
    """Where the signing key is kept unless a flag says otherwise (XDG base directories)."""
    there = os.environ.get("XDG_CONFIG_HOME", "")
    base = Path(there) if there.startswith("/") else Path.home() / ".config"
    return base / "buunstack" / "bundle.key"


def public_of(file: Path) -> Path:
    """The file of the public key beside a signing key."""
    return file.with_suffix(".pub")


def signing(file: Path) -> Ed25519PrivateKey:
    """The key in `file`; made with its public half beside it where there is none.

    Raises:
        StackError: it cannot be read or written, or is no such key.
    """
    try:
        if not file.exists():
            made = Ed25519PrivateKey.generate()
            pem = made.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
            file.parent.mkdir(parents=True, exist_ok=True)
            write_whole(file, pem.decode(), _PRIVATE)
        key = serialization.load_pem_private_key(file.read_bytes(), None)
        if not isinstance(key, Ed25519PrivateKey):
            raise TypeError("not an Ed25519 key")
        write_whole(public_of(file), _text(key.public_key()), _PUBLIC)
    except (OSError, ValueError, TypeError, UnsupportedAlgorithm) as error:
        # No word of the library's: it may quote what it could not read.
        raise StackError(f"{file} is not a key that signs bundles, or cannot be used", "another --key FILE") from error
    return key


def trusted(file: Path) -> Ed25519PublicKey:
    """The public key in `file`.

    Raises:
        StackError: there is none.
    """
    try:
        key = serialization.load_pem_public_key(file.read_bytes())
    except FileNotFoundError:
        hint = "--trust FILE: the .pub file of whoever made the bundle, which must come to you by another way than it"
        raise StackError(f"there is no key to trust in {file}", hint) from None
    except (OSError, ValueError, UnsupportedAlgorithm) as error:
        raise StackError(f"{file} is not a public key", hint="--trust FILE") from error
    if not isinstance(key, Ed25519PublicKey):
        raise StackError(f"{file} is not a key of a bundle (Ed25519)", hint="--trust FILE")
    return key


def _text(key: Ed25519PublicKey) -> str:
    return key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode()

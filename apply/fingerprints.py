"""Fingerprints by which two places are seen to hold the same secret, and from which nobody can find it. Pure."""

import hashlib
from collections.abc import Mapping

_COST = {"n": 2**14, "r": 8, "p": 1, "dklen": 8}
"""16 MiB and some 50 ms for each guess (RFC 7914, section 2), and eight bytes, which many texts share."""


def fingerprints(found: Mapping[str, str], salt: str) -> dict[str, str]:
    """Name -> fingerprint.

    Args:
        salt: of one backup, so that two backups cannot be compared by them.
    """
    return {
        name: hashlib.scrypt(value.encode(), salt=bytes.fromhex(salt), **_COST).hex() for name, value in found.items()
    }

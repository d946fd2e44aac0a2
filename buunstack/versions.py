"""The versions of a secret, as Vault's metadata tells them. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True)
class Version:
    """One version of a secret, without its values."""

    version: int
    """Its number; they count from 1."""
    created: datetime
    """When it was stored."""
    deleted: datetime | None
    """When it was deleted, or will be if a time to live is set; None when it stays."""
    destroyed: bool
    """Its values are gone for good."""


def versions_in(metadata: Mapping[str, Any]) -> list[Version]:
    """The versions that Vault still knows, newest first."""
    known = [
        Version(
            version=int(number),
            created=datetime.fromisoformat(entry["created_time"]),
            deleted=datetime.fromisoformat(entry["deletion_time"]) if entry["deletion_time"] else None,
            destroyed=bool(entry["destroyed"]),
        )
        for number, entry in metadata.items()
    ]
    return sorted(known, key=lambda version: version.version, reverse=True)

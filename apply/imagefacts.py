"""What an engine tells of an image, and what it is told to build. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class ImageFacts:
    """An image as the engine has it."""

    id: str
    labels: Mapping[str, str]
    digests: tuple[str, ...]
    """`NAME@sha256:…` of registries that it was pushed to or pulled from."""
    size: int
    """Bytes, unpacked."""
    user: str
    environment: tuple[str, ...]
    layers: tuple[str, ...]
    """Their diff ids, the base's first."""


@dataclass(frozen=True)
class Home:
    """An empty folder in a container, of its user, from which programs may run as from a cluster's volume."""

    path: str
    uid: str
    gid: str


@dataclass(frozen=True)
class Build:
    """What one build needs."""

    context: Path
    tags: tuple[str, ...]
    dockerfile: str = "Dockerfile"
    arguments: Mapping[str, str] | None = None
    labels: Mapping[str, str] | None = None
    secrets: tuple[str, ...] = ()
    """As `id=NAME,src=FILE`."""
    network: str | None = None
    platform: str | None = None
    cache: bool = True

"""What the packages of an image are pinned to. Pure: `apply/imagelock.py` reads and writes it."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Pins:
    """The locked packages of a stack's images."""

    groups: Mapping[str, str] = field(default_factory=dict)
    """By package group: a requirements text with hashes, whole in itself together with the groups before it."""
    own: str = ""
    """The same of the stack file's own packages."""
    torch: str = ""
    """Versions alone: PyTorch's builds for the processor and for CUDA share them and have hashes of their own."""
    apt: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """By base image: `name=version` of every Debian package that its image adds; nothing when never locked."""
    bases: Mapping[str, str] = field(default_factory=dict)
    """By base image: its digest, `sha256:…`; nothing when never locked."""

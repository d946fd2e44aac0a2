"""What goes into an image, layer by layer: package groups, the stack's own packages, Debian's. Pure."""

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from render.imagepins import Pins
from spec.images import GROUPS, BuiltImage, package_groups
from spec.model import Stack

FOLDER = Path(__file__).parent.parent / "images" / "groups"
OWN, TORCH = "own", "torch"
"""Names of the two lists beside the groups."""
_ENTRY = re.compile(r"^(?P<name>[A-Za-z0-9][A-Za-z0-9._-]*)==(?P<version>[^\s;]+)(?: ; (?P<marker>[^\\]+?))? \\$")
_HASH = re.compile(r"^    --hash=sha256:[0-9a-f]{64}(?P<more> \\)?$")
_PINNED = re.compile(r"^(?P<name>[A-Za-z0-9][A-Za-z0-9._-]*)==(?P<version>[^\s;]+)$")


@dataclass(frozen=True)
class Package:
    """A locked package."""

    name: str
    version: str
    marker: str
    """Where it is installed; empty for everywhere."""
    text: str
    """Its lines in a requirements file, with hashes."""


class Damaged(Exception):
    """A requirements text is not what the lock writes; the message says where."""


def requirements(stack: Stack) -> dict[str, str]:
    """What each package group asks for, on or off, and `torch`: a requirement a line."""
    known = {"{spark_version}": stack.images.spark_version, "{mcp_version}": stack.mcp.version}
    found = {}
    for name in (*GROUPS, TORCH):
        text = (FOLDER / f"{name}.in").read_text()
        for placeholder, value in known.items():
            text = text.replace(placeholder, value)
        found[name] = "".join(f"{line}\n" for line in text.splitlines() if line and not line.startswith("#"))
    return found


def inputs(stack: Stack) -> str:
    """A digest of everything that decides which Python packages are locked, but for what is newest today."""
    parts = [f"python {stack.images.python}", *(f"[{name}]\n{text}" for name, text in requirements(stack).items())]
    return digest("\n".join([*parts, f"[{OWN}]", *sorted(stack.images.packages)]))


def digest(text: str) -> str:
    """The short form that comments have."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def body(text: str) -> str:
    """A lock without the comments above it."""
    return "".join(line for line in text.splitlines(keepends=True) if not line.startswith("#"))


def packages(text: str) -> list[Package]:
    """The packages of a requirements text with hashes.

    Raises:
        Damaged: a line is of no package, or a package has no hash.
    """
    found: list[Package] = []
    lines = iter(enumerate(text.splitlines(keepends=True), 1))
    for number, line in lines:
        if line.startswith("#") or not line.strip():
            continue
        entry = _ENTRY.match(line.rstrip("\n"))
        if not entry:
            raise Damaged(f"line {number} is no package")
        block, more = line, True
        while more:
            number, line = next(lines, (number + 1, ""))
            hashed = _HASH.match(line.rstrip("\n"))
            if not hashed or not line.endswith("\n"):
                raise Damaged(f"line {number}: {entry['name']} has no whole hash")
            block, more = block + line, bool(hashed["more"])
        found.append(Package(normal(entry["name"]), entry["version"], entry["marker"] or "", block))
    return found


def pinned(text: str) -> dict[str, str]:
    """The versions of a text without hashes, by name.

    Raises:
        Damaged: a line is none of `name==version`.
    """
    found = {}
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith("#") or not line.strip():
            continue
        entry = _PINNED.match(line)
        if not entry:
            raise Damaged(f"line {number} is no package with a version")
        found[normal(entry["name"])] = entry["version"]
    return found


def normal(name: str) -> str:
    """A package's name as indexes have it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def required_name(requirement: str) -> str:
    """The package that a requirement is about."""
    return normal(re.split(r"[\s\[<>=!~;@]", requirement.strip(), maxsplit=1)[0])


def layers(pins: Pins, groups: Iterable[str]) -> list[tuple[str, str]]:
    """The requirements text of each layer, in order, without what an earlier one has; `own` comes last.

    A layer that would add nothing is left out, and comments are, so that a text changes only when its packages do.
    """
    wanted = set(groups)
    texts = [(name, pins.groups[name]) for name in GROUPS if name in wanted]
    had: set[tuple[str, str, str]] = set()
    found = []
    for name, text in [*texts, (OWN, pins.own)]:
        fresh = [one for one in packages(text) if (one.name, one.version, one.marker) not in had]
        had |= {(one.name, one.version, one.marker) for one in fresh}
        if fresh:
            found.append((name, "".join(one.text for one in fresh)))
    return found


def whole(texts: Mapping[str, str]) -> str:
    """A digest of all files of a lock together: one that is cut, or of another run than the rest, shows."""
    return digest("\n".join(f"[{name}]\n{body(texts[name])}" for name in sorted(texts)))


def debian_packages(stack: Stack, image: BuiltImage) -> tuple[str, ...]:
    """What an image adds to its base with apt; nothing for one that is built from a folder of one's own."""
    if image.custom:
        return ()
    groups = package_groups(stack)
    parts = {"spark": "openjdk-17-jre-headless", "clickhouse": "clickhouse-client"}
    return tuple(dict.fromkeys([*(name for group, name in parts.items() if group in groups), *stack.images.apt]))

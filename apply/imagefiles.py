"""The locks of images on disk: those that come with the platform, and a stack's own. Reads and writes files."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from apply.imagedigests import folder_of
from apply.state import write_whole
from render.imagepackages import (
    FOLDER,
    OWN,
    TORCH,
    Damaged,
    body,
    debian_packages,
    digest,
    inputs,
    packages,
    pinned,
    required_name,
    requirements,
    whole,
)
from render.imagepins import Pins
from spec.errors import StackError
from spec.images import built_images, package_groups
from spec.model import Stack

PACKAGES, APT, BASES = "packages", "apt.yaml", "bases.yaml"
_MADE = "# made by inv images.lock\n"
_HEADER = re.compile(r"# made by inv images\.lock\n# inputs: ([0-9a-f]{16})\n(?:# content: ([0-9a-f]{16})\n)?")
_LOCK = "inv images.lock"


def read(stack: Stack, file: Path) -> Pins:
    """What the images of a stack are locked to: its own lock, else the one that comes with the platform.

    Raises:
        StackError: the lock is of other packages than the stack's, is not whole or cannot be read.
    """
    own = folder_of(file)
    folder = own / PACKAGES if (own / PACKAGES).is_dir() else FOLDER
    if folder == FOLDER and stack.images.packages:
        raise StackError("images.packages are not locked yet", hint=_LOCK)
    texts = texts_of(folder)
    _check(stack, folder, texts)
    apt = locked_debian(stack, own / APT)
    if apt is None:
        raise StackError(f"the lock {own / APT} was made for other packages of Debian", hint=_LOCK)
    groups = package_groups(stack)
    return Pins(
        groups={name: texts[name] for name in groups},
        own=texts.get(OWN, "") if stack.images.packages else "",
        torch=texts.get(TORCH, ""),
        apt=apt,
        bases=locked_bases(own / BASES),
    )


def texts_of(folder: Path) -> dict[str, str]:
    """The files of a lock, by list.

    Raises:
        StackError: one cannot be read.
    """
    return {path.stem: _text(path) for path in sorted(folder.glob("*.txt"))}


def with_headers(stack: Stack, texts: Mapping[str, str]) -> dict[str, str]:
    """The texts of a lock as files: what they are made from and that they belong together stands on top."""
    header = f"{_MADE}# inputs: {inputs(stack)}\n# content: {whole(texts)}\n"
    return {name: header + body(text) for name, text in texts.items()}


def debian_text(stack: Stack, apt: Mapping[str, tuple[str, ...]]) -> str:
    """Debian's packages by base as a file."""
    return f"{_MADE}# inputs: {_debian_inputs(stack)}\n" + as_yaml({base: list(apt[base]) for base in sorted(apt)})


def as_yaml(content: Mapping[str, Any]) -> str:
    """A mapping as the lock's YAML."""
    return yaml.safe_dump(dict(content), default_flow_style=False)


def bases_text(bases: Mapping[str, str]) -> str:
    """Digests by base as a file."""
    return _MADE + as_yaml(bases)


def locked_debian(stack: Stack, path: Path) -> dict[str, tuple[str, ...]] | None:
    """Debian's packages of a file by base; nothing without the file, None when it was made for other packages."""
    found = _mapping(path)
    if not all(isinstance(names, list) for names in found.values()):
        raise StackError(f"{path} is damaged: a base has no list of packages", hint=_LOCK)
    header = _HEADER.match(_text(path)) if path.is_file() else None
    if found and (not header or header[1] != _debian_inputs(stack)):
        return None
    return {str(base): tuple(str(name) for name in names) for base, names in found.items()}


def locked_bases(path: Path) -> dict[str, str]:
    """The digests of a file by base; nothing without the file."""
    found = {str(base): str(digest) for base, digest in _mapping(path).items()}
    if not all(re.fullmatch("sha256:[0-9a-f]{64}", digest) for digest in found.values()):
        raise StackError(f"{path} is damaged: a base has no digest", hint=_LOCK)
    return found


def write(folder: Path, texts: Mapping[str, str]) -> bool:
    """Make the files of a folder those of `texts` (by file name), each whole or not at all; whether one changed.

    Raises:
        StackError: one cannot be written; what was written before stays and shows as not whole.
    """
    changed = False
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in texts.items():
            path = folder / name
            if not path.is_file() or path.read_bytes() != text.encode():
                write_whole(path, text, 0o644)
                changed = True
    except OSError as error:
        hint = "make room or let this account write there, then run the same command again"
        raise StackError(f"cannot write the lock {error.filename or folder}: {error.strerror}", hint=hint) from error
    return changed


def remove_others(folder: Path, kept: Mapping[str, str]) -> None:
    """Remove the lists of groups that are no longer on."""
    for path in folder.glob("*.txt"):
        if path.name not in kept:
            path.unlink(missing_ok=True)


def _check(stack: Stack, folder: Path, texts: Mapping[str, str]) -> None:
    asked = requirements(stack) | {OWN: "".join(f"{line}\n" for line in stack.images.packages)}
    needed = [*package_groups(stack), *([OWN] if stack.images.packages else [])]
    if not needed:
        return  # there is nothing to lock either, for any Python
    if "deep-learning" in needed:
        needed.append(TORCH)
    headers = {name: _HEADER.match(text) for name, text in texts.items()}
    for name in [*needed, *(name for name in texts if name not in needed)]:
        path = folder / f"{name}.txt"
        if name not in texts:
            raise StackError(f"the lock has no {path}", hint=_LOCK)
        header = headers[name]
        if not header:
            raise StackError(f"{path} is damaged: its first lines do not say what it was made from", hint=_LOCK)
        if header[1] != inputs(stack):
            what = "packages, or another version of Python, Spark or jupyter-mcp-server"
            raise StackError(f"the lock {path} was made for other {what}", hint=_LOCK)
    for name in needed:
        _check_packages(folder / f"{name}.txt", texts[name], asked[name])
    expected = whole(texts)
    if any(header and header[2] != expected for header in headers.values()):
        raise StackError(f"the lock in {folder} is not whole: a file was cut, edited, or is of another run", hint=_LOCK)


def _check_packages(path: Path, text: str, asked: str) -> None:
    try:
        had = set(pinned(text)) if path.stem == TORCH else {one.name for one in packages(text)}
    except Damaged as error:
        raise StackError(f"{path} is damaged: {error}", hint=_LOCK) from None
    if missing := sorted({required_name(line) for line in asked.splitlines()} - had):
        raise StackError(f"{path} is damaged: it has no {', '.join(missing)}", hint=_LOCK)


def _debian_inputs(stack: Stack) -> str:
    names = {name for image in built_images(stack).values() for name in debian_packages(stack, image)}
    return digest("\n".join(sorted(names)))


def _mapping(path: Path) -> dict[str, Any]:
    if not path.is_file():
        return {}
    try:
        found = yaml.safe_load(_text(path)) or {}
    except yaml.YAMLError as error:
        raise StackError(f"{path} is damaged: {str(error).splitlines()[0]}", hint=_LOCK) from None
    if not isinstance(found, dict):
        raise StackError(f"{path} is damaged: it is no mapping of bases", hint=_LOCK)
    return found


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise StackError(f"the lock {path} cannot be read: {error}", hint=_LOCK) from error

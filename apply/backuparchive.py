"""The file that a backup is: one tar with a manifest, written whole or not at all, trusted in nothing when read."""

import contextlib
import hashlib
import io
import json
import os
import tarfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from apply.fingerprinted import copied, fingerprint
from apply.state import disk_errors, whole
from spec.errors import StackError

FORMAT = 1
"""Raised when an older program could misread what a newer one writes."""
MANIFEST, DATABASE, STACK_FILE = "manifest.json", "hub/jupyterhub.sqlite", "stack.yaml"
GENERATIONS, ACCOUNTS = "generations.json", "accounts.json"
_MEMBERS = (DATABASE, STACK_FILE, GENERATIONS, ACCOUNTS)
_LONGEST_MANIFEST = 16 * 2**20
_OTHER_FILE = "name a file that inv backup has written"


@dataclass(frozen=True)
class Archive:
    """A backup that was read and checked."""

    manifest: dict[str, Any]
    folder: Path
    """Where its members lie."""

    @property
    def database(self) -> Path:
        """The hub's database."""
        return self.folder / DATABASE

    def text(self, name: str) -> str:
        """A member that is a text."""
        return (self.folder / name).read_text("utf-8")


def write(path: Path, manifest: Mapping[str, Any], members: Mapping[str, bytes | Path]) -> None:
    """Write an archive that its owner alone may read; nothing of it is there under its name before it is whole.

    Raises:
        StackError: a file of that name is there, or the file system refuses.
    """
    if path.exists():
        raise StackError(f"{path} is there already; nothing was written", hint="another --out FILE")
    digests = {name: _digest(content) for name, content in members.items()}
    head = json.dumps({"format": FORMAT, **manifest, "members": digests}, indent=2, ensure_ascii=False) + "\n"
    with disk_errors(path), whole(path, 0o600) as file, tarfile.open(fileobj=file, mode="w") as archive:
        for name, content in {MANIFEST: head.encode(), **members}.items():
            _add(archive, name, content)


def read(path: Path, into: Path) -> Archive:
    """Take an archive apart into a folder of one's own, after a look at each member's name, kind and fingerprint.

    Raises:
        StackError: it is no backup, is damaged, or is of a newer program.
    """
    try:
        with tarfile.open(path, "r:") as archive:
            manifest = _manifest(path, archive)
            for name in _names(path, archive, manifest):
                _taken(path, archive, name, into / name, manifest["members"][name])
    except (OSError, tarfile.TarError, EOFError) as error:
        words = error.strerror if isinstance(error, OSError) and error.strerror else "it is no whole tar file"
        raise StackError(f"{path} cannot be read: {words}; nothing was changed", hint=_OTHER_FILE) from error
    return Archive(manifest, into)


def _manifest(path: Path, archive: tarfile.TarFile) -> dict[str, Any]:
    first = archive.next()
    if first is None or first.name != MANIFEST or not first.isreg() or first.size > _LONGEST_MANIFEST:
        raise _foreign(path, f"it does not begin with {MANIFEST}")
    content = archive.extractfile(first)
    assert content is not None
    try:
        found = json.loads(content.read())
        number = int(found["format"])
    except (ValueError, KeyError, TypeError) as error:
        raise _foreign(path, f"its {MANIFEST} is not that of a backup") from error
    if number > FORMAT:
        message = f"{path} has format {number}, and this program reads up to {FORMAT}; nothing was changed"
        raise StackError(message, hint="restore it with the newer version that has written it")
    wanted = {"stack": str, "target": str, "time": str, "versions": dict, "members": dict, "secrets": dict}
    if faulty := [key for key, kind in wanted.items() if not isinstance(found.get(key), kind)]:
        raise _foreign(path, f"its {MANIFEST} lacks {faulty[0]}")
    return dict(found)


def _names(path: Path, archive: tarfile.TarFile, manifest: dict[str, Any]) -> Iterator[str]:
    """Each member once, by names that are known beforehand: no name of the archive ever becomes a path."""
    members = archive.getmembers()[1:]
    for member in members:
        if member.name not in _MEMBERS:
            raise _foreign(path, f"it holds {member.name!r}, which no backup has")
        if not member.isreg():
            raise _foreign(path, f"its {member.name} is no plain file")
    names = [member.name for member in members]
    if sorted(names) != sorted(_MEMBERS) or sorted(manifest["members"]) != sorted(_MEMBERS):
        raise _foreign(path, "it does not hold each part of a backup just once")
    yield from names


def _taken(path: Path, archive: tarfile.TarFile, name: str, to: Path, wanted: Any) -> None:
    content = archive.extractfile(name)
    assert content is not None
    with disk_errors(to):
        to.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with os.fdopen(os.open(to, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            found = copied(content, file)
    if found != wanted:
        message = f"{path} is damaged: {name} is not what was written; nothing was changed"
        raise StackError(message, hint="take another copy of the backup, or an older one")


def _add(archive: tarfile.TarFile, name: str, content: bytes | Path) -> None:
    member = tarfile.TarInfo(name)
    member.mode = 0o600
    with contextlib.ExitStack() as opened:
        source = io.BytesIO(content) if isinstance(content, bytes) else opened.enter_context(content.open("rb"))
        member.size = len(content) if isinstance(content, bytes) else content.stat().st_size
        archive.addfile(member, source)


def _digest(content: bytes | Path) -> str:
    return hashlib.sha256(content).hexdigest() if isinstance(content, bytes) else fingerprint(content)


def _foreign(path: Path, why: str) -> StackError:
    return StackError(f"{path} is no backup of this program: {why}; nothing was changed", hint=_OTHER_FILE)

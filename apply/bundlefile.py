"""A bundle: one tar file with what an install needs, and a signed list of what is in it."""

import hashlib
import io
import json
import shutil
import tarfile
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import IO, Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from apply.fingerprinted import copied, fingerprint
from apply.state import whole
from spec.errors import StackError

FORMAT = 1
_LIST, _SIGNATURE = "MANIFEST.json", "MANIFEST.sig"
_COMPLETE = ".complete"
_MODE = 0o644
_LIST_LIMIT = 16 << 20
"""Bytes of a list that is read into memory before it is trusted; one of 10,000 files has 2 MiB."""


def pack(folder: Path, out: Path, about: dict[str, Any], key: Ed25519PrivateKey) -> None:
    """Write the files below `folder`, with `about` and their fingerprints in front; whole or not at all.

    Raises:
        StackError: the file system refuses.
    """
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    members = {path.relative_to(folder).as_posix(): fingerprint(path) for path in files}
    listed = json.dumps({"format": FORMAT, **about, "members": members}, indent=1, sort_keys=True).encode()
    try:
        with whole(out, _MODE) as file, tarfile.open(fileobj=file, mode="w") as archive:
            for name, content in ((_LIST, listed), (_SIGNATURE, key.sign(listed))):
                member = _anonymous(tarfile.TarInfo(name))
                member.size = len(content)
                archive.addfile(member, io.BytesIO(content))
            for name in members:
                archive.add(folder / name, name, filter=_anonymous)
    except OSError as error:
        raise StackError(f"{out} cannot be written: {error.strerror}", "another --out FILE") from error


def opened(
    bundle: Path, trusted: Ed25519PublicKey, keep: Path, tell: Callable[[str], None]
) -> tuple[Path, dict[str, Any]]:
    """Unpack a bundle that a trusted key has signed, below `keep`; done once for each bundle.

    Returns:
        The folder with its files, and what it says of itself.

    Raises:
        StackError: it is no bundle, is damaged, or was signed by somebody else; nothing of it is used.
    """
    try:
        with tarfile.open(bundle) as archive:
            listed = _signed_list(archive, trusted, bundle)
            about: dict[str, Any] = json.loads(listed)
            if about["format"] != FORMAT:
                raise StackError(
                    f"{bundle} has format {about['format']}, and this version reads {FORMAT}",
                    hint="make it with the version of the platform that installs it: inv bundle",
                )
            folder = keep / hashlib.sha256(listed).hexdigest()[:24]
            if not (folder / _COMPLETE).exists():
                tell(f"unpacking {bundle}")
                shutil.rmtree(folder, ignore_errors=True)
                _unpack(archive, about["members"], folder, bundle)
                (folder / _COMPLETE).touch()
            return folder, about
    except (OSError, tarfile.TarError, EOFError) as error:
        raise StackError(
            f"{bundle} cannot be read: {error}", hint="fetch it again, or make it anew: inv bundle"
        ) from error


def _anonymous(member: tarfile.TarInfo) -> tarfile.TarInfo:
    """The same bytes whoever packs them, and when."""
    member.uid = member.gid = member.mtime = 0
    member.uname = member.gname = ""
    member.mode = 0o644
    return member


def _signed_list(archive: tarfile.TarFile, trusted: Ed25519PublicKey, bundle: Path) -> bytes:
    first, second = archive.next(), archive.next()
    if first is None or second is None or (first.name, second.name) != (_LIST, _SIGNATURE):
        raise StackError(f"{bundle} is not a bundle", hint="inv bundle makes one")
    if first.size > _LIST_LIMIT:
        raise StackError(f"the list in {bundle} has {first.size} bytes, which no bundle needs", hint="inv bundle")
    listed, signature = (_content(archive, member).read() for member in (first, second))
    try:
        trusted.verify(signature, listed)
    except InvalidSignature:
        raise StackError(
            f"{bundle} was not signed with the trusted key, or was changed after that; nothing of it is used",
            hint="--trust FILE: the .pub file of whoever made it",
        ) from None
    return listed


def _unpack(archive: tarfile.TarFile, members: dict[str, str], folder: Path, bundle: Path) -> None:
    """Only what the list names, as plain files below the folder."""
    left = dict(members)
    while member := archive.next():
        wanted = left.pop(member.name, None)
        if wanted is None or not member.isfile() or not _is_below(member.name):
            raise StackError(f"{bundle} holds {member.name!r}, which its signed list does not name as a file")
        path = folder / member.name
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            if copied(_content(archive, member), file) != wanted:
                raise StackError(f"{member.name} in {bundle} was changed after the list was signed", "fetch it again")
    if left:
        raise StackError(f"{bundle} lacks {min(left)} and {len(left) - 1} more of its list", hint="fetch it again")


def _is_below(name: str) -> bool:
    path = PurePosixPath(name)
    return not path.is_absolute() and ".." not in path.parts


def _content(archive: tarfile.TarFile, member: tarfile.TarInfo) -> IO[bytes]:
    content = archive.extractfile(member)
    if content is None:
        raise tarfile.TarError(f"{member.name} is no file")
    return content

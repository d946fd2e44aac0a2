"""Secrets in an image: its archive is read once, layer by layer, without a copy on the disk."""

import gzip
import hashlib
import io
import json
import tarfile
import zlib
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import IO, Any

from apply import leaks
from spec.errors import StackError

_PIECE = 4 * 2**20
_BLOCKS = 2**16
"""Of the stream: `tarfile` copies what is left of a block at each small file, so that large blocks are slower."""
_GZIP, _ZSTANDARD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"
_MAGIC = slice(257, 262)
"""Where a tar archive says `ustar`."""
CONFIGURATION = "the image's configuration"
EXACT = "a secret of the build"


@dataclass(frozen=True)
class Finding:
    """Something that looks like a secret; it is never told itself."""

    what: str
    path: str
    layer: str
    """Its diff id; empty for the image's configuration."""


@dataclass(frozen=True)
class Scan:
    """What was found, and in which layers was looked."""

    findings: tuple[Finding, ...]
    layers: frozenset[str]


def scan(archive: Iterable[bytes], secrets: Sequence[bytes] = (), base: Collection[str] = ()) -> Scan:
    """Look through an image, in Docker's own layout or the OCI's.

    Args:
        archive: as `docker save` writes it.
        secrets: values that may be nowhere.
        base: diff ids of layers that somebody else made: only `secrets` are looked for in them.

    Raises:
        StackError: it cannot be read.
    """
    found: list[Finding] = []
    layers = set()
    try:
        with tarfile.open(fileobj=_Pieces(archive), mode="r|", bufsize=_BLOCKS) as outer:
            for member in outer:
                content = outer.extractfile(member) if member.isfile() else None
                if content is None:
                    continue
                if _is_layer(member.name, head := _head(content)):
                    layer, there = _layer(content, head, secrets)
                    layers.add(layer)
                    found += [f for f in there if f.what == EXACT or f.layer not in base]
                else:
                    found += _configuration(content.read(), secrets)
    except (tarfile.TarError, EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise StackError(f"the image's archive cannot be read: {error}", hint="inv images.build, then again") from error
    return Scan(tuple(dict.fromkeys(found)), frozenset(layers))


def _head(content: IO[bytes]) -> bytes:
    assert isinstance(content, io.BufferedReader)
    return content.peek(512)[:512]


def _is_layer(name: str, head: bytes) -> bool:
    if head.startswith(_ZSTANDARD):
        raise StackError(f"layer {name} is packed with zstd, which cannot be looked into", hint="build it with gzip")
    return name.endswith("/layer.tar") or head.startswith(_GZIP) or head[_MAGIC] == b"ustar"


def _layer(packed: IO[bytes], head: bytes, secrets: Sequence[bytes]) -> tuple[str, list[Finding]]:
    """A layer's diff id and what is in it, by patterns too: whether it is the base's is known at its end."""
    stream = _Hashed(gzip.GzipFile(fileobj=packed) if head.startswith(_GZIP) else packed)
    seen: list[tuple[str, str]] = []
    with tarfile.open(fileobj=stream, mode="r|", bufsize=_BLOCKS) as layer:  # type: ignore[call-overload]
        for member in layer:
            path = "/" + member.name.removeprefix("./").removeprefix("/")
            if member.isfile() and member.size:
                file = layer.extractfile(member)
                seen += [(what, path) for what in _file(path, file, secrets)]
    while stream.read(_PIECE):
        pass
    layer_id = f"sha256:{stream.hash.hexdigest()}"
    return layer_id, [Finding(what, path, layer_id) for what, path in seen]


def _file(path: str, file: IO[bytes], secrets: Sequence[bytes]) -> set[str]:
    found = {what} if (what := leaks.named(path)) else set()
    overlap = max(leaks.LONGEST, *(len(secret) for secret in secrets), 0)
    tail = b""
    while piece := file.read(_PIECE):
        piece = tail + piece
        found.update(leaks.patterns(path, piece))
        if leaks.exact(piece, secrets):
            found.add(EXACT)
        tail = piece[-overlap:] if len(piece) >= _PIECE else b""
    return found


def _configuration(content: bytes, secrets: Sequence[bytes]) -> Iterator[Finding]:
    """Environment, history, labels: as they are written, and as they read without JSON's escapes."""
    try:
        texts = "\n".join(_texts(json.loads(content)))
    except ValueError:
        texts = ""
    for text in (content, texts.encode("utf-8", "replace")):
        for what in leaks.patterns("/", text):
            yield Finding(what, CONFIGURATION, "")
        if leaks.exact(text, secrets):
            yield Finding(EXACT, CONFIGURATION, "")


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield str(name)
            yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)
    elif isinstance(value, str):
        yield value


class _Pieces(io.RawIOBase):
    """Pieces of bytes as a file."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._pieces = iter(pieces)
        self._rest = memoryview(b"")

    def readable(self) -> bool:
        """Always."""
        return True

    def read(self, size: int = -1) -> bytes:
        """As many bytes as asked for, fewer at the end."""
        found: list[bytes | memoryview] = []
        while size:
            if not self._rest:
                piece = next(self._pieces, None)
                if piece is None:
                    break
                self._rest = memoryview(piece)
            part = self._rest if size < 0 else self._rest[:size]
            self._rest = self._rest[len(part) :]
            size -= len(part) if size > 0 else 0
            found.append(part)
        return b"".join(found)


class _Hashed:
    """A file whose bytes are counted into a hash while they are read."""

    def __init__(self, file: IO[bytes] | gzip.GzipFile) -> None:
        self._file = file
        self.hash = hashlib.sha256()

    def read(self, size: int) -> bytes:
        """As a file's."""
        content = self._file.read(size)
        self.hash.update(content)
        return content

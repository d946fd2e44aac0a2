"""Image archives and things that look like secrets, made when a test runs: none is in a file of this project."""

import base64
import gzip
import hashlib
import io
import json
import random
import string
from collections.abc import Iterator, Mapping, Sequence
from tarfile import TarFile, TarInfo

CHARACTERS = string.ascii_letters + string.digits


def token(length: int, seed: int = 1, characters: str = CHARACTERS) -> str:
    """Random letters, the same each time."""
    return "".join(random.Random(seed).choices(characters, k=length))


def private_key(kind: str = "RSA ", between: str = "\n") -> str:
    """Looks like one, and is none."""
    return between.join(
        (f"-----BEGIN {kind}PRIVATE KEY-----", token(64), token(64, 2), f"-----END {kind}PRIVATE KEY-----")
    )


def web_token(header: Mapping[str, str]) -> str:
    """A JSON Web Token with some header."""
    parts = (json.dumps(header), json.dumps({"sub": "somebody"}))
    return ".".join([*(base64.urlsafe_b64encode(part.encode()).decode().rstrip("=") for part in parts), token(43)])


def tar(files: Mapping[str, bytes]) -> bytes:
    """A tar archive."""
    memory = io.BytesIO()
    with TarFile(fileobj=memory, mode="w") as archive:
        for name, content in files.items():
            info = TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return memory.getvalue()


def diff_id(layer: Mapping[str, bytes]) -> str:
    """What a layer is called in the image's configuration."""
    return f"sha256:{hashlib.sha256(tar(layer)).hexdigest()}"


def old_layout(layers: Sequence[Mapping[str, bytes]], configuration: object = None) -> bytes:
    """As Docker writes without containerd's store; the names say nothing of the order."""
    files = {f"{9 - number}abc/layer.tar": tar(layer) for number, layer in enumerate(layers)}
    return tar({**files, "abc.json": json.dumps(configuration or {}).encode(), "manifest.json": b"[]"})


def oci_layout(layers: Sequence[Mapping[str, bytes]], configuration: object = None, packed: bool = True) -> bytes:
    """As the OCI has it."""
    blobs = [gzip.compress(tar(layer)) if packed else tar(layer) for layer in layers]
    blobs.append(json.dumps(configuration or {}).encode())
    return tar({f"blobs/sha256/{hashlib.sha256(blob).hexdigest()}": blob for blob in blobs} | {"oci-layout": b"{}"})


def pieces(archive: bytes, size: int = 1000) -> Iterator[bytes]:
    """An archive as it comes from a program."""
    for start in range(0, len(archive), size):
        yield archive[start : start + size]

"""The images of a bundle: as they are in their registries, digest for digest, by skopeo. Reads the environment."""

import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from apply import run
from apply.engine import SKOPEO
from apply.registry import by_digest_alone
from spec.errors import StackError, ToolMissing
from spec.hosts import is_loopback

_CONTAINERS = ("initContainers", "containers")


def fetch(reference: str, folder: Path, engine: bool) -> str:
    """Copy an image with all its platforms into `folder`, as an OCI layout; its digest.

    Args:
        engine: from the engine of this machine instead of the image's registry.

    Raises:
        StackError: it is not there, or cannot be read.
    """
    folder.mkdir(parents=True)
    source = _of_engine(reference) if engine else _of_registry(reference)
    _skopeo("copy", "--quiet", *source, f"oci:{folder}:image", what=f"fetching image {reference}")
    index = json.loads((folder / "index.json").read_text("utf-8"))
    return str(index["manifests"][0]["digest"])


def push(folder: Path, reference: str, plain: bool) -> None:
    """Copy an image from `folder` to its registry, with the digest it has.

    Raises:
        StackError: the registry refuses, or does not answer.
    """
    flags = ["--all", "--preserve-digests", f"--dest-tls-verify={str(not plain).lower()}"]
    target = f"docker://{reference.partition('@')[0]}"
    _skopeo("copy", "--quiet", *flags, f"oci:{folder}:image", target, what=f"pushing {reference}")


def of_manifests(manifests: Iterable[dict[str, Any]]) -> set[str]:
    """Every image that the pods of these objects run."""
    pods = [((item.get("spec") or {}).get("template") or {}).get("spec") or {} for item in manifests]
    return {one["image"] for pod in pods for kind in _CONTAINERS for one in pod.get(kind) or []}


def _of_registry(reference: str) -> list[str]:
    """All platforms; loopback registries may speak HTTP, as they may with Docker."""
    verified = not is_loopback(reference.partition("/")[0].partition(":")[0])
    return ["--all", f"--src-tls-verify={str(verified).lower()}", f"docker://{by_digest_alone(reference)}"]


def _of_engine(reference: str) -> list[str]:
    """Of Docker's daemon, which skopeo does not look for in DOCKER_HOST by itself."""
    host = os.environ.get("DOCKER_HOST")
    return [*([f"--src-daemon-host={host}"] if host else []), f"docker-daemon:{reference}"]


def _skopeo(*words: str, what: str) -> str:
    if run.found(SKOPEO) is None:
        raise ToolMissing(f"skopeo is not there, so {what} cannot go on", hint="Debian: apt install skopeo")
    try:
        return run.run([SKOPEO, *words], what=what)
    except StackError as error:
        raise StackError(error.message, hint="--engine takes images from this machine's engine") from None

"""What a real registry says of an image's size: of one platform, of several, and of what is no image."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
import requests

from apply import registry as asked
from apply.engine import Engine
from spec.load import load
from spec.model import Stack
from tests.images.conftest import new_site
from tests.images.registry import Registry

_OCI = "application/vnd.oci.image"


def stored(there: Registry, kind: str, body: bytes, name: str = "") -> dict[str, Any]:
    """What a registry has been given, as others refer to it: a manifest under a name, else a blob."""
    root, digest = f"http://{there.name}/v2/platforms", f"sha256:{hashlib.sha256(body).hexdigest()}"
    media = f"{_OCI}.{kind}"
    if name:
        url, headers = f"{root}/manifests/{name}", {"Content-Type": media}
    else:
        begun = requests.post(f"{root}/blobs/uploads/", timeout=30).headers["Location"]
        url, headers = f"{begun}&digest={digest}", {"Content-Type": "application/octet-stream"}
    requests.put(url, data=body, headers=headers, timeout=30).raise_for_status()
    return {"mediaType": media, "digest": digest, "size": len(body)}


def image(there: Registry, machine: str, layers: list[bytes]) -> dict[str, Any]:
    """An image for one kind of machine."""
    config = stored(there, "config.v1+json", json.dumps({"os": "linux", "architecture": machine}).encode())
    blobs = [stored(there, "layer.v1.tar", layer) for layer in layers]
    manifest = {"schemaVersion": 2, "mediaType": f"{_OCI}.manifest.v1+json", "config": config, "layers": blobs}
    found = stored(there, "manifest.v1+json", json.dumps(manifest).encode(), machine)
    return {
        **found,
        "platform": {"os": "linux", "architecture": machine},
        "all": config["size"] + sum(map(len, layers)),
    }


def index(there: Registry, manifests: list[dict[str, Any]]) -> str:
    """The digest of one image for several platforms."""
    body = {"schemaVersion": 2, "mediaType": f"{_OCI}.index.v1+json", "manifests": manifests}
    return str(stored(there, "index.v1+json", json.dumps(body).encode(), "both")["digest"])


@pytest.fixture
def stack(registry: Registry, tmp_path: Path) -> tuple[Stack, Path]:
    file = new_site(tmp_path, registry.name).file
    return load(file), file


def size(stack: tuple[Stack, Path], there: Registry, digest: str, engine: Engine) -> int | None:
    return asked.size(*stack, f"{there.name}/platforms:t1@{digest}", engine)


def test_config_and_layers_are_what_is_pulled(registry: Registry, docker: Engine, stack: tuple[Stack, Path]) -> None:
    made = image(registry, "amd64", [b"a" * 5000, b"b" * 300])

    assert size(stack, registry, made["digest"], docker) == made["all"]


def test_of_several_platforms_the_biggest_counts(registry: Registry, docker: Engine, stack: tuple[Stack, Path]) -> None:
    big, small = image(registry, "amd64", [b"c" * 9000]), image(registry, "arm64", [b"d" * 100])

    assert size(stack, registry, index(registry, [small, big]), docker) == big["all"]


def test_what_is_not_there_or_has_no_layers_has_no_size(
    registry: Registry, docker: Engine, stack: tuple[Stack, Path]
) -> None:
    assert size(stack, registry, f"sha256:{'0' * 64}", docker) is None
    assert size(stack, registry, index(registry, []), docker) is None

"""A stack on a cluster from a bundle: each image comes from the mirror, with the digest that was signed."""

import json
import shutil
import socket
import tarfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from apply.engine import Engine
from tests.images.conftest import TAGGED
from tests.images.registry import Registry
from tests.kubernetes.site import IMAGES, Site, chart_values

pytestmark = pytest.mark.timeout(900)


class Way:
    """Where the environment says that the way out is; it counts who comes, and lets nobody through."""

    def __init__(self) -> None:
        self.callers = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self._count, daemon=True).start()

    def environment(self, folder: Path) -> dict[str, str]:
        """Of somebody whose caches are empty."""
        url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        proxies = {f"{kind}_{case}": url for kind, case in (("HTTPS", "PROXY"), ("HTTP", "PROXY"))}
        names = proxies | {name.lower(): value for name, value in proxies.items()}
        return {**names, "NO_PROXY": "127.0.0.1,localhost,10.244.0.1", "XDG_CACHE_HOME": str(folder)}

    def _count(self) -> None:
        while True:
            caller, _ = self._listener.accept()
            self.callers += 1
            caller.close()


@dataclass(frozen=True)
class Bundled:
    """A stack that is not installed, and a bundle for it."""

    site: Site
    file: Path

    @property
    def words(self) -> tuple[str, str]:
        return f"--bundle={self.file}", f"--trust={self.file.with_suffix('.pub')}"


@pytest.fixture(scope="module")
def bundled(
    docker: Engine, registry: Registry, tools: None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Bundled]:
    if shutil.which("skopeo") is None:
        pytest.skip("no image is bundled: Debian's package skopeo is not there")
    folder = tmp_path_factory.mktemp("bundle")
    bundled = Bundled(Site(folder), folder / "lab.bundle")
    declare(bundled.site, registry)
    try:
        bundled.site.inv("bundle", f"--out={bundled.file}", f"--key={bundled.file.with_suffix('.key')}", "--engine")
        yield bundled
    finally:
        bundled.site.remove()


def declare(site: Site, registry: Registry, image: str = TAGGED) -> None:
    values = chart_values()
    values["hub"]["image"]["pullPolicy"] = values["proxy"]["chp"]["image"]["pullPolicy"] = "IfNotPresent"
    lab = {"display_name": "Lab", "image": image, "default": True, "pod": {"cmd": ["jupyterhub-singleuser"]}}
    off = {"enabled": False}
    site.declare(
        profiles={"datascience": off, "minimal": off, "lab": lab},
        images={"mirror": f"{registry.name}/mirror"},
        chart_values=values,
    )


def test_a_bundle_of_another_stack_says_what_it_lacks(bundled: Bundled, registry: Registry) -> None:
    declare(bundled.site, registry, "quay.io/team/lab:1")

    said = bundled.site.inv("install", "--yes", *bundled.words, code=1).stderr

    assert "the bundle lacks image quay.io/team/lab:1" in said
    assert bundled.site.objects("pods") == []
    declare(bundled.site, registry)


def test_an_install_from_a_bundle_asks_nobody_and_runs_what_was_signed(
    bundled: Bundled, registry: Registry, tmp_path: Path
) -> None:
    site, way = bundled.site, Way()
    with tarfile.open(bundled.file) as archive:
        signed = json.load(archive.extractfile("MANIFEST.json"))["images"]  # type: ignore[arg-type]
    assert signed.keys() == {*IMAGES[:2], TAGGED}
    site.environment = way.environment(tmp_path / "cache")

    site.inv("install", "--yes", "--prove=spawn", *bundled.words)

    running = {
        container["image"]: status["imageID"].rpartition("@")[2]
        for pod in site.objects("pods")
        for container, status in zip(pod["spec"]["containers"], pod["status"]["containerStatuses"], strict=True)
    }
    assert running == {f"{registry.name}/mirror/{name}": signed[name]["digest"] for name in IMAGES[:2]}
    assert way.callers == 0
    assert site.plan()["changes"] == []

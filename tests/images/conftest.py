"""What the tests of images share: an engine, a registry, and one stack whose image is built, proven and pushed."""

import os
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import bcrypt
import pytest
import yaml

from apply import imagebuilder, imagelock, imageproof, imagepush, images
from apply.engine import Engine
from spec.errors import StackError
from tests.images.naming import tag, untag
from tests.images.registry import Registry
from tests.kubernetes.conftest import bao, cluster, tools

__all__ = ["bao", "cluster", "tools"]
BASE = os.environ.get("BUUNSTACK_TEST_NOTEBOOK", "local/notebook:latest")
"""Debian, Python 3.11, JupyterLab and jupyterhub-singleuser, user 1000."""
TAGGED = "buunstack-tests/notebook:1"
OFF = dict.fromkeys(("core", "arrow", "spark", "deep_learning", "nlp", "databases", "clickhouse", "mcp"), False)
SMALL = OFF | {"clickhouse": True, "mcp": True}
"""The groups that are quickly installed."""
NOWHERE = f"localhost:1/tests-{os.getpid()}"
"""The registry of what is never pushed, of this run alone."""


PASSWORD = "not-a-real-password"
"""Of user `me`, in a registry that wants a login."""


@dataclass(frozen=True)
class Site:
    """A stack file of a site that builds its images."""

    file: Path

    def write(self, **images: Any) -> "Site":
        """Change settings of its images."""
        found = yaml.safe_load(self.file.read_text())
        found["images"] |= images
        self.file.write_text(yaml.safe_dump(found, sort_keys=False))
        return self

    @property
    def reference(self) -> str:
        """Of the image for processors."""
        declared = yaml.safe_load(self.file.read_text())["images"]
        return f"{declared['registry']}/{declared.get('name', 'datastack-notebook')}:{declared['tag']}"

    def custom(self, **dockerfiles: str) -> "Site":
        """Declare images of its own, each a Dockerfile that goes on from the base."""
        for name, text in dockerfiles.items():
            path = self.file.parent / "images" / name / "Dockerfile"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(f"FROM {TAGGED}\n{text}\n")
        return self.write(custom={name: {"context": f"images/{name}"} for name in dockerfiles})

    def lock(self, python_only: bool = False) -> None:
        """`inv images.lock`."""
        imagelock.lock(str(self.file), upgrade=False, python_only=python_only)

    def build(self, names: str = "", **options: Any) -> None:
        """`inv images.build`."""
        images.build(str(self.file), names, imagebuilder.Options(**options), as_json=False)

    def prove(self, names: str = "", sbom: str = "") -> None:
        """`inv images.test`."""
        imageproof.test(str(self.file), names, sbom, json=False)

    def push(self, names: str = "") -> None:
        """`inv images.push`."""
        imagepush.push(str(self.file), names, as_json=False)


def new_site(folder: Path, registry: str, **images: Any) -> Site:
    """A stack on a cluster whose one profile uses the image for processors."""
    folder.mkdir(parents=True, exist_ok=True)
    declared = {"registry": registry, "tag": "t1", "base": TAGGED, "python": "3.11", "build_network": "host"}
    stack = {
        "version": 1,
        "target": {"kind": "kubernetes", "namespace": "images"},
        "hub": {"host": "hub.images.test"},
        "vault": {"enabled": False},
        "profiles": {"datascience": {"enabled": False}, "buun-stack": {"enabled": True, "default": True}},
        "images": declared | images,
    }
    (folder / "stack.yaml").write_text(yaml.safe_dump(stack, sort_keys=False))
    return Site(folder / "stack.yaml")


@pytest.fixture(scope="session")
def docker() -> Engine:
    """A Docker with the base image; without one nothing here can be tested."""
    try:
        engine = Engine("docker")
        assert engine.image(BASE), f"there is no image {BASE} (BUUNSTACK_TEST_NOTEBOOK)"
    except (StackError, AssertionError) as error:
        pytest.skip(f"no image is built: {error}")
    tag(BASE, TAGGED)
    return engine


@pytest.fixture(scope="session")
def small_lock(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The lock of the groups that are quickly installed, to be copied beside a stack file."""
    site = new_site(tmp_path_factory.mktemp("small"), NOWHERE, groups=SMALL)
    site.lock(python_only=True)
    return site.file.parent / "stack.images"


@pytest.fixture(scope="session")
def _caches(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("caches")


@pytest.fixture
def lone(docker: Engine, _caches: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """A site without package groups and registry; its images are removed at the end."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(_caches))
    yield new_site(tmp_path / "site", NOWHERE, groups=OFF)
    remove_images(f"{NOWHERE}/*")


def until(happened: Callable[[], bool], seconds: float = 60) -> None:
    """Wait for something."""
    end = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < end, f"it has not happened in {seconds} s"
        time.sleep(0.05)


def remove_images(pattern: str) -> None:
    """Remove the names of images, and the images whose last ones they are."""
    command = ["docker", "image", "ls", f"--filter=reference={pattern}", "--format={{.Repository}}:{{.Tag}}"]
    if names := subprocess.run(command, capture_output=True, text=True, check=True).stdout.split():
        subprocess.run(["docker", "image", "rm", "--force", *names], capture_output=True, check=True)


def started(folder: Path, passwords: Path | None = None) -> Registry:
    """A registry that a test may start; without the program it is skipped."""
    there = Registry(folder, passwords)
    if there.program is None:
        pytest.skip("no image is pushed: Debian's package docker-registry is not there")
    return there


@pytest.fixture
def closed(tmp_path: Path) -> Iterator[Registry]:
    """A registry that wants a login."""
    passwords = tmp_path / "htpasswd"
    passwords.write_bytes(b"me:" + bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(5)) + b"\n")
    with started(tmp_path / "registry", passwords) as there:
        yield there
    remove_images(f"{there.name}/*")


@pytest.fixture(scope="session")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    """A registry for all tests."""
    with started(tmp_path_factory.mktemp("registry")) as there:
        yield there


@pytest.fixture(scope="module")
def whole(docker: Engine, registry: Registry, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Every package group that can be had here, locked, built, proven and pushed."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        site = new_site(tmp_path_factory.mktemp("whole"), registry.name, groups={"deep_learning": False})
        site.lock()
        site.build()
        yield site
    untag(site.reference)

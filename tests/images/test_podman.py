"""The same way with Podman: built, proven, pushed; and the variable that names the program."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from apply import imageproof
from apply.engine import Engine, engine_of
from apply.imagedigests import pushed_images
from apply.registry import digest, push, size
from spec.load import load
from tests.images.conftest import OFF, PASSWORD, TAGGED, Site, new_site
from tests.images.naming import untag
from tests.images.registry import Registry

pytestmark = pytest.mark.timeout(600)
_LIMITS = '[containers]\ndefault_ulimits = ["nofile=4096:4096", "nproc=4096:4096"]\n'
"""A machine's own limits may be lower than Podman's default."""


@pytest.fixture(scope="module")
def podman(docker: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """Podman with the base image in its own storage."""
    if shutil.which("podman") is None:
        pytest.skip("nothing is built with Podman: it is not there (Debian's package podman)")
    folder = tmp_path_factory.mktemp("podman")
    (folder / "containers.conf").write_text(_LIMITS)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CONTAINERS_CONF", str(folder / "containers.conf"))
        patch.setenv("XDG_CACHE_HOME", str(folder / "cache"))
        archive = folder / "base.tar"
        subprocess.run(["docker", "save", TAGGED, "--output", str(archive)], check=True)
        subprocess.run(["podman", "load", "--quiet", "--input", str(archive)], check=True)
        archive.unlink()
        yield Engine("podman")


@pytest.fixture(scope="module")
def site(podman: Engine, registry: Registry, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A stack that is built with Podman, ClickHouse's clients and MCP in its image."""
    groups = OFF | {"clickhouse": True, "mcp": True}
    made = new_site(
        tmp_path_factory.mktemp("site"), registry.name, name="podman-notebook", builder="podman", groups=groups
    )
    made.lock(python_only=True)
    made.build()
    yield made
    untag(made.reference, "podman")


def test_the_image_is_built_once(site: Site, podman: Engine, capsys: pytest.CaptureFixture[str]) -> None:
    before = podman.image(site.reference)

    site.build()

    assert before == podman.image(site.reference)
    assert capsys.readouterr().out == f"{site.reference}  (nothing changed)\n"


def test_it_is_proven_in_an_empty_home_of_its_user_and_pushed(site: Site, podman: Engine) -> None:
    site.prove()
    site.push()

    facts = podman.image(site.reference)
    assert facts
    assert imageproof.proven(facts.id)
    there = digest(load(site.file), site.file, site.reference, podman)
    assert pushed_images(site.file)[site.reference].digest == there
    for kind in (["ps", "--all"], ["volume", "ls"]):
        said = subprocess.run(["podman", *kind, "--quiet"], check=True, capture_output=True, text=True).stdout
        assert said == "", "a proof leaves neither container nor volume"


def test_the_size_is_asked_with_podmans_own_login(
    podman: Engine, closed: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if shutil.which("skopeo") is None:
        pytest.skip("no size is asked for: skopeo is not there (Debian's package skopeo)")
    monkeypatch.setenv("REGISTRY_AUTH_FILE", str(tmp_path / "login.json"))
    file, reference = new_site(tmp_path, closed.name, builder="podman").file, f"{closed.name}/tiny:t1"
    (tmp_path / "Dockerfile").write_text("FROM scratch\nCOPY stack.yaml /\n")
    subprocess.run(["podman", "build", "--quiet", "--tag", reference, str(tmp_path)], check=True, capture_output=True)
    login = ["podman", "login", "--tls-verify=false", "--username=me", "--password-stdin", closed.name]
    subprocess.run(login, input=PASSWORD, text=True, check=True, capture_output=True)

    pinned = f"{reference}@{push(podman, reference, plain=True)}"

    untag(reference, "podman")
    found = size(load(file), file, pinned, podman)
    assert found is not None
    assert 300 < found < 3000
    (tmp_path / "login.json").unlink()
    assert size(load(file), file, pinned, podman) is None


def test_the_variable_wins_over_the_stack_file(podman: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_CMD", "podman")

    assert engine_of(load(new_site(tmp_path, "localhost:1", builder="docker").file)).podman

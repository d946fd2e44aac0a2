"""Pushes into real registries: one that comes back, one that wants a login, one that speaks HTTP."""

import subprocess
from pathlib import Path
from typing import Any

import pytest
import requests
import yaml

from apply import imageproof, imagepush
from apply.engine import Engine
from spec.errors import StackError
from tests.images.conftest import OFF, PASSWORD, Site, new_site, remove_images, started
from tests.images.registry import Registry

pytestmark = pytest.mark.timeout(300)


def built(registry: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    """A site whose small image is built; what a proof says of it is another test's."""
    monkeypatch.setattr(imageproof, "proven", lambda _: True)
    site = new_site(folder / "site", registry, groups=OFF).custom(mine="RUN true", other="RUN true && true")
    site.build("mine,other")
    return site


def entries(site: Site) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = yaml.safe_load((site.file.parent / "stack.images/pushed.yaml").read_text())
    return found


@pytest.fixture(autouse=True)
def _small(docker: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert docker
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def test_a_registry_that_comes_back_has_the_image_in_the_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    there = started(tmp_path / "registry")
    site = built(there.name, tmp_path, monkeypatch)
    waits: list[float] = []

    def wait(seconds: float) -> None:
        waits.append(seconds)
        if len(waits) == 2:
            monkeypatch.undo()
            there.start()

    monkeypatch.setattr(imagepush, "time", type("Clock", (), {"sleep": staticmethod(wait)}))
    try:
        site.push("mine")
    finally:
        there.stop()
        remove_images(f"{there.name}/*")

    assert waits == [1.0, 4.0]
    assert list(entries(site)) == [f"{there.name}/mine:t1"]


def test_one_that_wants_a_login_gets_the_image_after_it(
    closed: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path / "docker"))
    plugins = tmp_path / "docker/cli-plugins"
    plugins.parent.mkdir()
    if (Path.home() / ".docker/cli-plugins").is_dir():
        plugins.symlink_to(Path.home() / ".docker/cli-plugins")
    site = built(closed.name, tmp_path, monkeypatch)

    with pytest.raises(StackError) as caught:
        site.push("mine")
    login = ["docker", "login", "--username=me", "--password-stdin", closed.name]
    subprocess.run(login, input=PASSWORD, text=True, capture_output=True, check=True)
    site.push("mine")

    assert "docker login" in str(caught.value.hint)
    assert list(entries(site)) == [f"{closed.name}/mine:t1"]
    assert entries(site)[f"{closed.name}/mine:t1"]["size"] > 10_000_000, "Docker's own login asks for the manifest"


def test_the_size_is_what_the_registrys_manifest_says(
    registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = built(f"{registry.name}/size", tmp_path, monkeypatch)

    site.push("mine")

    remove_images(f"{registry.name}/size/*")
    (entry,) = entries(site).values()
    answer = requests.get(
        f"http://{registry.name}/v2/size/mine/manifests/{entry['digest']}",
        headers={"Accept": "application/vnd.docker.distribution.manifest.v2+json"},
        timeout=30,
    ).json()
    blobs = [answer["config"], *answer["layers"]]
    there = [
        requests.head(f"http://{registry.name}/v2/size/mine/blobs/{blob['digest']}", timeout=30).headers
        for blob in blobs
    ]
    assert entry["size"] == sum(blob["size"] for blob in blobs) == sum(int(one["Content-Length"]) for one in there)
    assert entry["size"] > 10_000_000


def test_two_pushes_keep_both_images(registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    site = built(f"{registry.name}/two", tmp_path, monkeypatch)

    site.push("mine")
    site.push("other")

    remove_images(f"{registry.name}/two/*")
    assert [address.rpartition("/")[2] for address in entries(site)] == ["mine:t1", "other:t1"]


def test_http_to_another_machine_has_to_be_in_the_stack_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    site = built("registry.images.test:5000", tmp_path, monkeypatch)
    monkeypatch.setattr(imagepush, "speaks_http", lambda _, host: host == "registry.images.test:5000")
    tries: list[str] = []

    def sent(_: Engine, reference: str, plain: bool) -> str:
        tries.append(f"{reference} {plain}")
        return f"sha256:{'a' * 64}"

    monkeypatch.setattr(imagepush, "push_to", sent)
    with pytest.raises(StackError, match="would speak plain HTTP") as caught:
        site.push("mine")
    assert tries == []
    site.write(plain_http=True)
    site.push("mine")

    remove_images("registry.images.test:5000/*")
    assert "images.plain_http: true" in str(caught.value.hint)
    assert tries == ["registry.images.test:5000/mine:t1 True"]
    assert "its size is not noted: the registry does not answer" in capsys.readouterr().err
    assert entries(site)["registry.images.test:5000/mine:t1"].keys() == {"digest", "fingerprint"}

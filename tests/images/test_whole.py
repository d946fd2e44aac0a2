"""The image of profile buun-stack, whole: built, proven, pushed, pinned; and what happens when something changes."""

import json
import shutil
import subprocess
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests
import yaml

from apply import imagelist
from apply import wheel as wheels
from apply.cluster import ClusterTarget
from apply.engine import Engine
from apply.imageproof import NAMES, OK
from spec.errors import StackError
from spec.load import load
from tests.images.conftest import TAGGED, Site
from tests.images.naming import untag

pytestmark = pytest.mark.timeout(900)
_LARGEST = 2_500_000_000 - 690_000_000
"""Bytes, unpacked, above the base, whose size is not ours: 2.5 GB with one of 690 MB; without deep learning."""
_MANIFESTS = "application/vnd.docker.distribution.manifest.v2+json, application/vnd.oci.image.manifest.v1+json"


@pytest.fixture(scope="module")
def checks(whole: Site, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The states of the proof's checks; the image is proven from here on."""
    with pytest.MonkeyPatch.context() as patch:
        said: list[object] = []
        patch.setattr("apply.console.result_json", said.append)
        from apply import imageproof

        imageproof.test(str(whole.file), "", str(tmp_path_factory.mktemp("bills")), json=True)
    (listed,) = json.loads(json.dumps(said[0]))
    print(json.dumps(listed, indent=2))
    assert listed["proven"]
    return {check["name"]: check["state"] for check in listed["checks"]}


@pytest.fixture(scope="module")
def pushed(whole: Site, checks: dict[str, str]) -> dict[str, dict[str, str]]:
    """What the pushed image is written down as, by address."""
    assert checks
    whole.push()
    found: dict[str, dict[str, str]] = yaml.safe_load((whole.file.parent / "stack.images/pushed.yaml").read_text())
    return found


@pytest.fixture
def copied(whole: Site, docker: Engine, tmp_path: Path) -> Iterator[Callable[..., Site]]:
    """Copies of the site, with its locks and with changed settings; what they build is removed at the end."""
    made: list[Site] = []

    def copy(**images: object) -> Site:
        folder = tmp_path / str(len(made))
        shutil.copytree(whole.file.parent, folder)
        made.append(Site(folder / "stack.yaml").write(**images))
        return made[-1]

    yield copy
    for site in made:
        if site.reference != whole.reference and docker.image(site.reference):
            untag(site.reference)


def test_deep_learning_is_built() -> None:
    pytest.skip(
        "not built: group deep_learning and the CUDA image, from PyTorch's own index; rendered and linted alone"
    )


def test_every_part_of_the_image_is_there_and_works(checks: dict[str, str]) -> None:
    assert checks == dict.fromkeys(NAMES, OK)


def test_without_deep_learning_the_image_is_below_its_limit(whole: Site, docker: Engine) -> None:
    command = ["docker", "history", "--format={{.Size}}\t{{.CreatedBy}}", "--no-trunc", whole.reference]
    print(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    facts = docker.image(whole.reference)

    assert facts
    print(f"{facts.size / 1e6:.0f} MB")
    base = docker.image(TAGGED)
    assert base
    assert facts.size - base.size < _LARGEST


def test_building_again_asks_the_engine_for_nothing(
    whole: Site, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(Engine, "build", lambda *_: pytest.fail("it was built"))

    whole.build()

    assert capsys.readouterr().out == f"{whole.reference}  (nothing changed)\n"


def test_a_change_of_the_platforms_package_builds_its_layer_alone(
    copied: Callable[..., Site], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    site = copied(tag="t2")
    sources = tmp_path / "sources"
    shutil.copytree(wheels._ROOT / "buunstack", sources / "buunstack")
    for name in wheels._SOURCES:
        shutil.copyfile(wheels._ROOT / name, sources / name)
    with (sources / "buunstack/__init__.py").open("a") as file:
        file.write(f"\nCHANGED = {uuid.uuid4().hex!r}\n")  # no builder has had it in its cache
    monkeypatch.setattr(wheels, "_ROOT", sources)

    from apply import imagebuilder, images

    images.build(str(site.file), "", imagebuilder.Options(), as_json=True)

    (built,) = json.loads(capsys.readouterr().out)
    assert (built["built"], built["steps"]) == (True, 1)


def test_an_image_that_was_not_proven_is_not_pushed(
    whole: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))  # has the record of no proof

    with pytest.raises(StackError, match="was not proven") as caught:
        whole.push()

    assert caught.value.hint == "inv images.test --names datastack-notebook"


def test_what_is_pushed_is_written_down_with_the_registrys_own_digest(
    whole: Site, pushed: dict[str, dict[str, str]]
) -> None:
    host, _, path = whole.reference.partition("/")
    name, _, tag = path.rpartition(":")
    url = f"http://{host}/v2/{name}/manifests/{tag}"
    answer = requests.head(url, headers={"Accept": _MANIFESTS}, timeout=30)

    assert answer.status_code == 200
    assert {address: entry["digest"] for address, entry in pushed.items()} == {
        whole.reference: answer.headers["docker-content-digest"]
    }


def test_profiles_start_the_digest_that_was_pushed(whole: Site, pushed: dict[str, dict[str, str]]) -> None:
    address = f"{whole.reference}@{pushed[whole.reference]['digest']}"

    rendered = ClusterTarget(load(whole.file), whole.file).artifacts()

    assert any(address in text for text in rendered.values())


def test_the_list_says_that_it_is_built_proven_and_pinned(
    whole: Site, pushed: dict[str, dict[str, str]], capsys: pytest.CaptureFixture[str]
) -> None:
    digest, size = pushed[whole.reference]["digest"], int(pushed[whole.reference]["size"])

    imagelist.show(str(whole.file), as_json=True)

    row = next(row for row in json.loads(capsys.readouterr().out) if row["image"] == whole.reference)
    assert (row["used"], row["built"], row["proven"]) == (True, "yes", True)
    assert (row["registry"], row["pinned"]) == ("as pinned", digest)
    assert row["pulled_megabytes"] == round(size / 1e6) < row["megabytes"], "a registry keeps it compressed"


def test_an_image_of_other_settings_is_outdated_and_not_pushed(
    copied: Callable[..., Site], pushed: dict[str, dict[str, str]], capsys: pytest.CaptureFixture[str]
) -> None:
    site = copied(apt=["tree"])
    with pytest.raises(StackError, match="made for other packages of Debian"):
        site.push()
    site.lock()

    with pytest.raises(StackError, match="built from something else") as caught:
        site.push()

    assert caught.value.hint == "inv images.build --names datastack-notebook"
    capsys.readouterr()
    imagelist.show(str(site.file), as_json=False)
    (row,) = [line for line in capsys.readouterr().out.splitlines() if line.startswith(site.reference)]
    assert "outdated" in row
    assert site.reference in pushed

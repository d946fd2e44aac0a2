"""What an image is built from: each setting does something, lint is clean, nothing secret is in it."""

import subprocess
import sys
from pathlib import Path

import pytest

from render.imagelabels import PARTS
from render.imagepins import Pins
from render.images import Recipe, extension, recipe
from spec.images import GROUPS, built_images
from spec.load import parse

BASE = "version: 1\ntarget: {kind: kubernetes}\nhub: {host: hub.lab.internal}\n"
LOCKED = "{}-package==1.0 \\\n    --hash=sha256:" + "0" * 64 + "\n"
PINS = Pins(
    groups={name: LOCKED.format(name) for name in GROUPS},
    own=LOCKED.format("own"),
    torch="torch==2.0\n",
)
_MIRROR = f"spark_download_url: 'https://m.lab.internal/spark', spark_sha512: '{'0' * 128}'"
BUILT = {
    "images.name": "name: other",
    "images.cuda_name": "cuda_name: other",
    "images.registry": "registry: r.lab.internal",
    "images.tag": "tag: other",
    "images.base": "base: 'r/a:1'",
    "images.cuda_base": "cuda_base: 'r/a:1'",
    **{f"images.groups.{name.replace('-', '_')}": f"groups: {{{name.replace('-', '_')}: false}}" for name in GROUPS},
    "images.apt": "apt: [graphviz]",
    "images.conda": "conda: [r-base=4.4.3]",
    "images.torch_cuda": "torch_cuda: cu126",
    "images.torch_index": "torch_index: 'https://t.lab.internal'",
    "images.spark_download_url": _MIRROR,
    "images.spark_sha512": _MIRROR,
    "images.package_index": "package_index: 'https://p.lab.internal/simple'",
    "images.secrets": "secrets: {netrc: 'env:NETRC'}",
    "images.build_args": "build_args: {PIP_DEFAULT_TIMEOUT: '60'}",
    "images.build_proxy": "build_proxy: 'http://proxy.lab.internal:3128'",
    "images.no_proxy": "no_proxy: [lab.internal]",
    "images.custom": "custom: {geo: {context: geo}}",
    "images.custom.NAME.context": "custom: {geo: {context: geo}}",
    "images.custom.NAME.dockerfile": "custom: {geo: {context: geo, dockerfile: Containerfile}}",
    # What decides about locks and engines has its tests in tests/apply.
    "images.python": "",
    "images.packages": "",
    "images.spark_version": "",
    "images.builder": "",
    "images.build_network": "",
    "images.plain_http": "",
}
"""Key -> what changes an image or how it is built; empty: elsewhere."""


def recipes(images: str = "", ca: str = "", pins: Pins = PINS) -> dict[str, Recipe]:
    """All images of a stack with these settings."""
    stack, _ = parse(f"{BASE}images: {{{images}}}\n" if images else BASE, "f")
    return {name: recipe(stack, image, pins, ca) for name, image in built_images(stack).items()}


def dockerfile(images: str = "", ca: str = "", pins: Pins = PINS) -> str:
    """Of the image for processors."""
    return next(iter(recipes(images, ca, pins).values())).files["Dockerfile"]


def lint(text: str) -> str:
    """What hadolint says."""
    program = Path(sys.executable).with_name("hadolint")
    ran = subprocess.run([program, "--no-color", "-"], input=text, capture_output=True, text=True, check=False)
    return ran.stdout + ran.stderr


@pytest.mark.parametrize("key", [key for key, text in BUILT.items() if text])
def test_each_setting_changes_an_image(key: str) -> None:
    assert recipes(BUILT[key]) != recipes()


SHAPED = ("groups.spark", "groups.mcp", "apt", "conda", "spark_sha512", "package_index", "secrets", "build_args")
"""The settings that change a Dockerfile's form, not only a value in it."""


@pytest.mark.parametrize(
    "images", ["", *(BUILT[f"images.{key}"] for key in SHAPED), ", ".join(BUILT[f"images.{key}"] for key in SHAPED[2:])]
)
def test_every_dockerfile_is_clean_for_hadolint(images: str) -> None:
    assert {lint(one.files["Dockerfile"]) for ca in ("", "PEM") for one in recipes(images, ca).values()} == {""}


def test_debian_packages_without_a_version_are_told_to_the_linter_alone_where_nothing_is_locked() -> None:
    base = "quay.io/jupyter/pytorch-notebook:python-3.12.10"
    locked = dockerfile(pins=Pins(groups=PINS.groups, torch="", apt={base: ("openjdk-17-jre-headless=17.0.1-1",)}))

    assert "DL3008" in dockerfile()
    assert "DL3008" not in locked
    assert "    openjdk-17-jre-headless=17.0.1-1 \\\n" in locked
    assert lint(locked) == ""


def test_a_locked_base_is_a_digest() -> None:
    base, digest = "quay.io/jupyter/pytorch-notebook:python-3.12.10", "sha256:" + "1" * 64
    one = next(iter(recipes(pins=Pins(groups=PINS.groups, bases={base: digest})).values()))

    assert f"FROM {base}@{digest}\n" in one.files["Dockerfile"]
    assert one.labels["org.opencontainers.image.base.digest"] == digest


def test_a_base_that_is_declared_with_a_digest_has_one() -> None:
    digest = "sha256:" + "1" * 64
    base = f"r/a:1@{digest}"
    locked = Pins(groups=PINS.groups, bases={base: digest})

    assert f"FROM {base}\n" in dockerfile(f"base: '{base}'")
    assert f"FROM {base}\n" in dockerfile(f"base: '{base}'", pins=locked)


def test_each_group_is_a_layer_and_the_wheel_is_the_last() -> None:
    steps = [line for line in dockerfile().splitlines() if line.startswith((" && python -m pip", "COPY", "USER"))]
    lists = [line for line in dockerfile().splitlines() if "source=packages/" in line]

    assert [line.split("source=packages/")[1].split(".")[0] for line in lists] == [
        *GROUPS[:4],
        "torch",
        *GROUPS[4:],
        "own",
    ]
    assert steps[-2].endswith("/tmp/buunstack/*.whl")
    assert steps[-1] == "USER ${NB_UID:-1000}"


def test_every_locked_package_is_checked_by_its_hash_and_brings_nothing_else() -> None:
    steps = [line for line in dockerfile().splitlines() if line.startswith(" && python -m pip install")]
    others = [line for line in steps if "--no-deps --require-hashes" not in line]

    assert len(others) == 2
    assert "--index-url=https://download.pytorch.org/whl/cpu " in others[0]
    assert "--no-deps --no-index" in others[1]


def test_the_image_for_gpus_differs_by_its_base_and_its_pytorch() -> None:
    plain, cuda = (one.files["Dockerfile"].splitlines() for one in recipes().values())
    differ = [(a, b) for a, b in zip(plain, cuda, strict=True) if a != b]

    assert len(differ) == 3
    assert [("cuda" in b or "cu128" in b) for _, b in differ] == [True, True, True]


def test_switched_off_groups_leave_nothing_behind() -> None:
    text = dockerfile("groups: {spark: false, deep_learning: false, clickhouse: false}")
    one = next(iter(recipes("groups: {spark: false, deep_learning: false, clickhouse: false}").values()))

    assert "packages/torch.txt" not in text
    assert "EXPOSE" not in text
    assert "apt-get" not in text
    assert one.labels[PARTS] == "buunstack,mcp"


def test_a_build_secret_is_a_mount_of_each_step_that_reaches_out() -> None:
    with_login = dockerfile("secrets: {netrc: 'env:NETRC'}, " + _MIRROR)
    reaching = with_login.count("--requirement /tmp/packages.txt") + with_login.count("curl --fail")

    assert with_login.count("type=secret,id=netrc") == reaching
    assert "type=secret" not in dockerfile()


@pytest.mark.parametrize(
    ("url", "archive"),
    [
        ("https://m.lab.internal/spark/", "https://m.lab.internal/spark/spark-4.0.1/spark-4.0.1-bin-hadoop3.tgz"),
        ("https://m.lab.internal/mine.tgz", "https://m.lab.internal/mine.tgz"),
    ],
)
def test_an_archive_of_spark_is_checked_before_it_is_unpacked(url: str, archive: str) -> None:
    text = dockerfile(f"spark_download_url: '{url}', spark_sha512: '{'1' * 128}'")

    assert f" {archive} " in text
    assert text.index(archive) < text.index("1" * 128) < text.index("tar --extract")
    assert "ENV SPARK_HOME=/opt/spark" in text


def test_the_authority_is_trusted_before_anything_is_fetched() -> None:
    text = dockerfile(ca="PEM")
    one = next(iter(recipes(ca="PEM").values()))

    assert one.files["stack-ca.crt"] == "PEM"
    assert text.index("update-ca-certificates") < text.index("apt-get update") < text.index("pip install")


def test_a_custom_image_gets_the_lists_and_the_authority_in_a_folder_of_their_own() -> None:
    one = recipes("custom: {geo: {context: geo}}", ca="PEM")["geo"]

    assert one.wheel_folder == ".buunstack"
    assert set(one.files) == {".buunstack/stack-ca.crt", *(f".buunstack/packages/{n}.txt" for n in (*GROUPS, "own"))}


def test_a_custom_image_gets_each_list_whole_and_the_platforms_own_what_no_layer_before_has() -> None:
    shared = LOCKED.format("shared")
    pins = Pins(groups={name: text + shared for name, text in PINS.groups.items()}, torch=PINS.torch)
    found = recipes("custom: {geo: {context: geo}}", pins=pins)

    assert "shared-package" in found["geo"].files[".buunstack/packages/mcp.txt"]
    assert "shared-package" not in found["datastack-notebook"].files["packages/mcp.txt"]


def test_an_extension_is_four_clean_lines() -> None:
    text = extension("quay.io/jupyter/scipy-notebook:2026-05-31", ("mcp", "buunstack"))

    assert text.count("\n") == 4
    assert lint(text) == ""
    assert "/tmp/ours/packages/mcp.txt" in text
    assert "*.whl" not in extension("r/a:1", ("mcp",))
    assert ".txt" not in extension("r/a:1", ("buunstack",))

"""Package groups: what they ask for, and how a lock becomes layers."""

from pathlib import Path

import pytest

from render.imagepackages import (
    FOLDER,
    Damaged,
    debian_packages,
    inputs,
    layers,
    packages,
    pinned,
    required_name,
    requirements,
    whole,
)
from render.imagepins import Pins
from spec.images import GROUPS, built_images
from tests.spec.stacks import make_stack

ONE, TWO = "0" * 64, "1" * 64


def entry(requirement: str, *hashes: str) -> str:
    lines = [f"    --hash=sha256:{value}" for value in hashes or (ONE,)]
    return f"{requirement} \\\n" + " \\\n".join(lines) + "\n"


def test_versions_of_the_stack_file_stand_in_what_is_asked_for() -> None:
    asked = requirements(make_stack(images={"spark_version": "3.5.7"}, mcp={"version": "2.0.1"}))

    assert "pyspark==3.5.7\n" in asked["spark"]
    assert "jupyter-mcp-server==2.0.1\n" in asked["mcp"]
    assert not [name for name, text in asked.items() if "{" in text or "#" in text]


def test_every_group_has_its_list_and_every_list_is_of_a_group() -> None:
    assert {path.stem for path in FOLDER.glob("*.in")} == {*GROUPS, "torch"}


@pytest.mark.parametrize(
    "change",
    [
        {"images": {"spark_version": "3.5.7"}},
        {"images": {"python": "3.11"}},
        {"images": {"packages": ["xarray"]}},
        {"mcp": {"version": "2.0.1"}},
    ],
)
def test_the_inputs_change_with_what_decides_the_versions(change: dict) -> None:
    assert inputs(make_stack(**change)) != inputs(make_stack())


@pytest.mark.parametrize("change", [{"tag": "other"}, {"groups": {"nlp": False}}, {"apt": ["graphviz"]}])
def test_the_inputs_stay_with_what_decides_nothing(change: dict) -> None:
    assert inputs(make_stack(images=change)) == inputs(make_stack())


def test_a_layer_has_nothing_that_an_earlier_one_has() -> None:
    pins = Pins(
        groups={"core": entry("numpy==2.0") + entry("six==1.0"), "arrow": entry("numpy==2.0") + entry("avro==1")}
    )

    assert layers(pins, ["core", "arrow"]) == [("core", pins.groups["core"]), ("arrow", entry("avro==1"))]


def test_what_a_group_that_is_off_would_have_brought_comes_with_the_next() -> None:
    pins = Pins(groups={"core": entry("numpy==2.0"), "arrow": entry("numpy==2.0") + entry("avro==1")})

    assert layers(pins, ["arrow"]) == [("arrow", pins.groups["arrow"])]


def test_the_order_of_layers_is_that_of_the_groups_and_own_packages_come_last() -> None:
    texts = {name: entry(f"{name}==1") for name in GROUPS}

    found = layers(Pins(groups=texts, own=entry("mine==1")), reversed(GROUPS))

    assert [name for name, _ in found] == [*GROUPS, "own"]


def test_a_layer_that_would_add_nothing_is_left_out() -> None:
    pins = Pins(groups={"core": entry("numpy==2.0"), "arrow": entry("numpy==2.0")}, own=entry("numpy==2.0"))

    assert [name for name, _ in layers(pins, ["core", "arrow"])] == ["core"]


def test_a_comment_changes_no_layer() -> None:
    text = entry("numpy==2.0")

    assert layers(Pins(groups={"core": "# inputs: 1\n" + text}), ["core"]) == layers(
        Pins(groups={"core": text}), ["core"]
    )


def test_two_versions_for_two_kinds_of_machines_both_stay() -> None:
    arm, intel = entry("a==1 ; platform_machine == 'aarch64'"), entry("a==2 ; platform_machine == 'x86_64'")

    assert layers(Pins(groups={"core": arm + intel, "arrow": intel}), GROUPS[:2]) == [("core", arm + intel)]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("numpy\n", "line 1 is no package"),
        ("--index-url https://example.net\n", "line 1 is no package"),
        (entry("numpy==2.0")[:-1], "numpy has no whole hash"),
        (entry("numpy==2.0", ONE, TWO)[:-30], "numpy has no whole hash"),
        ("numpy==2.0 \\\n", "numpy has no whole hash"),
        (entry("numpy==2.0", ONE + " \\"), "line 3: numpy"),
        (entry("numpy==2.0").replace("sha256", "md5"), "numpy has no whole hash"),
    ],
)
def test_a_damaged_list_says_where(text: str, said: str) -> None:
    with pytest.raises(Damaged, match=said):
        packages(text)


def test_versions_without_hashes_are_read_by_name() -> None:
    assert pinned("# a\ntorch==2.9.1\nTorch_Vision==0.24\n") == {"torch": "2.9.1", "torch-vision": "0.24"}
    with pytest.raises(Damaged, match="line 1"):
        pinned("torch>=2\n")


@pytest.mark.parametrize("text", ["Psycopg[binary]>=3", "psycopg", "psycopg ; python_version > '3'", "psycopg~=3.1"])
def test_the_name_of_what_is_asked_for(text: str) -> None:
    assert required_name(text) == "psycopg"


def test_the_digest_of_a_lock_sees_every_file_and_no_comment() -> None:
    texts = {"core": "# one\na\n", "own": "b\n"}

    assert whole(texts) == whole({"own": "b\n", "core": "# two\na\n"})
    assert whole(texts) != whole({"core": "a\n"})
    assert whole(texts) != whole({"core": "a\nb\n", "own": ""})


def test_debians_packages_come_with_their_groups_and_the_stack_file() -> None:
    stack = make_stack(images={"apt": ["graphviz"], "groups": {"clickhouse": False}})

    assert debian_packages(stack, built_images(stack)["datastack-notebook"]) == ("openjdk-17-jre-headless", "graphviz")


def test_an_image_of_a_folder_of_ones_own_gets_nothing_from_apt() -> None:
    stack = make_stack(images={"custom": {"mine": {"context": "images/mine"}}})

    assert debian_packages(stack, built_images(stack)["mine"]) == ()


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.txt")), ids=lambda path: path.stem)
def test_a_lock_that_comes_with_the_platform_names_no_index(path: Path) -> None:
    assert "://" not in path.read_text()
    assert "index-url" not in path.read_text()


def test_pytorch_and_cuda_are_in_no_lock_with_hashes() -> None:
    texts = {path.stem: path.read_text() for path in FOLDER.glob("*.txt") if path.stem != "torch"}
    found = {one.name for text in texts.values() for one in packages(text)}

    assert not [name for name in found if name in ("torch", "triton") or name.startswith(("nvidia-", "cuda-"))]

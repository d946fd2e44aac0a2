"""Locks on disk: whose lock counts, and what is said of one that is stale, damaged or of two runs."""

from pathlib import Path

import pytest

from apply import imagefiles, imagelock
from render.imagepackages import FOLDER
from spec.errors import StackError
from spec.images import GROUPS
from spec.load import load, parse
from tests.apply.tinywheels import lock, stack_file, wheel


def test_a_stack_that_changes_nothing_has_the_lock_of_the_platform(tmp_path: Path) -> None:
    stack = parse("version: 1\ntarget: {kind: local}\n", "stack.yaml")[0]

    pins = imagelock.read(stack, tmp_path / "stack.yaml")

    assert set(pins.groups) == set(GROUPS)
    assert pins.groups["core"] == (FOLDER / "core.txt").read_text()
    assert pins.torch.count("==") == 3
    assert not pins.own
    assert not pins.bases


def test_the_platforms_lock_does_for_a_stack_with_a_group_off(tmp_path: Path) -> None:
    file = tmp_path / "stack.yaml"
    file.write_text("version: 1\ntarget: {kind: local}\nimages: {groups: {deep_learning: false}}\n")

    assert "deep-learning" not in imagelock.read(load(file), file).groups


@pytest.mark.parametrize(
    ("images", "said"),
    [
        ({"packages": ["mine"]}, "images.packages are not locked yet"),
        ({"spark_version": "3.5.7"}, "was made for other packages"),
        ({"python": "3.11"}, "was made for other packages"),
    ],
)
def test_the_platforms_lock_is_not_taken_for_another_stack(tmp_path: Path, images: dict, said: str) -> None:
    file = stack_file(tmp_path, **images)

    with pytest.raises(StackError, match=said) as found:
        imagelock.read(load(file), file)

    assert found.value.hint == "inv images.lock"


def test_a_stale_lock_is_refused(index: Path, tmp_path: Path) -> None:
    lock(stack_file(tmp_path))
    file = stack_file(tmp_path, packages=["avro"])

    with pytest.raises(StackError, match=r"arrow\.txt was made for other packages"):
        imagelock.read(load(file), file)
    file = stack_file(tmp_path, spark_version="3.5.7")
    with pytest.raises(StackError, match=r"arrow\.txt was made for other packages"):
        imagelock.read(load(file), file)


def cut(text: str) -> str:
    return text[:-20]


def cut_between_packages(text: str) -> str:
    return text[: text.rindex("\npyarrow==") + 1]


def cut_after_a_package_of_nobodys(text: str) -> str:
    start = text.index("numpy==")
    return text[:start] + text[text.index("pyarrow==") :]


def without_head(text: str) -> str:
    return text.split("\n", 1)[1]


def edited(text: str) -> str:
    return text.replace("numpy==1.0", "numpy==1.1")


def conflicted(text: str) -> str:
    return text.replace("numpy==1.0", "<<<<<<< HEAD\nnumpy==1.0")


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (cut, r"arrow\.txt is damaged: line \d+: pyarrow has no whole hash"),
        (cut_between_packages, r"arrow\.txt is damaged: it has no pyarrow"),
        (cut_after_a_package_of_nobodys, r"packages is not whole"),
        (without_head, r"arrow\.txt is damaged: its first lines"),
        (edited, r"packages is not whole"),
        (conflicted, r"arrow\.txt is damaged: line \d+ is no package"),
    ],
)
def test_a_damaged_lock_is_named_and_can_be_made_again(index: Path, tmp_path: Path, damage, said: str) -> None:
    file = stack_file(tmp_path)
    lock(file)
    path = tmp_path / "stack.images" / "packages" / "arrow.txt"
    path.write_text(damage(path.read_text()))

    with pytest.raises(StackError, match=said) as found:
        imagelock.read(load(file), file)

    assert found.value.hint == "inv images.lock"
    lock(file)
    assert imagelock.read(load(file), file)


def test_a_write_that_is_cut_short_shows_and_leaves_no_half_file(index: Path, tmp_path: Path) -> None:
    file = stack_file(tmp_path)
    lock(file)
    folder = tmp_path / "stack.images" / "packages"
    before = {path.name: path.read_text() for path in folder.iterdir()}
    wheel(index, "numpy", "2.0")
    lock(file, upgrade=True)
    (folder / "clickhouse.txt").unlink()
    (folder / "clickhouse.txt").mkdir()

    with pytest.raises(StackError, match="cannot write the lock") as failed:
        imagefiles.write(folder, before)

    assert failed.value.hint.endswith("the same command again")
    assert sorted(path.name for path in folder.iterdir()) == ["arrow.txt", "clickhouse.txt"]
    (folder / "clickhouse.txt").rmdir()
    with pytest.raises(StackError, match=r"the lock has no .*clickhouse\.txt"):
        imagelock.read(load(file), file)


def test_files_of_two_runs_are_no_lock(index: Path, tmp_path: Path) -> None:
    file = stack_file(tmp_path)
    lock(file)
    path = tmp_path / "stack.images" / "packages" / "clickhouse.txt"
    older = path.read_text()
    wheel(index, "numpy", "2.0")
    lock(file, upgrade=True)

    path.write_text(older)

    with pytest.raises(StackError, match="is of another run"):
        imagelock.read(load(file), file)


def test_debians_packages_of_another_list_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "stack.yaml"
    file.write_text("version: 1\ntarget: {kind: local}\n")
    stack = load(file)
    text = imagefiles.debian_text(stack, {"debian:12": ("graphviz=1",)})
    imagefiles.write(tmp_path / "stack.images", {"apt.yaml": text})
    file.write_text("version: 1\ntarget: {kind: local}\nimages: {apt: [graphviz]}\n")

    assert imagelock.read(stack, file).apt == {"debian:12": ("graphviz=1",)}
    with pytest.raises(StackError, match=r"apt\.yaml was made for other packages of Debian"):
        imagelock.read(load(file), file)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("apt.yaml", "a: ["),
        ("apt.yaml", "- a"),
        ("apt.yaml", "debian: graphviz"),
        ("bases.yaml", "debian: 1"),
        ("bases.yaml", "debian: sha256:12"),
    ],
)
def test_a_damaged_file_about_bases_is_named(tmp_path: Path, name: str, text: str) -> None:
    stack = parse("version: 1\ntarget: {kind: local}\n", "stack.yaml")[0]
    imagefiles.write(tmp_path / "stack.images", {name: text})

    with pytest.raises(StackError, match=f"{name} is damaged"):
        imagelock.read(stack, tmp_path / "stack.yaml")

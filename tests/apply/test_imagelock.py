"""`inv images.lock` with the real uv on a folder of tiny wheels: what stays, what moves, what is said of a failure."""

from pathlib import Path

import pytest

from apply import imagelock
from render.imagepackages import layers
from spec.errors import StackError, ToolMissing
from spec.load import load
from tests.apply.tinywheels import OFF, lock, stack_file, versions, wheel


def test_each_group_has_all_that_it_needs_and_torch_is_nowhere(index: Path, tmp_path: Path) -> None:
    file = stack_file(tmp_path)

    lock(file)

    pins = imagelock.read(load(file), file)
    assert set(versions(pins.groups["arrow"])) == {"pyarrow", "avro", "fastavro", "numpy"}
    assert set(versions(pins.groups["clickhouse"])) == {"clickhouse-connect", "clickhouse-driver", "numpy"}
    assert [set(versions(text)) for _, text in layers(pins, ["arrow", "clickhouse"])][1] == {
        "clickhouse-connect",
        "clickhouse-driver",
    }


def test_a_lock_says_nothing_of_where_it_was_made(index: Path, tmp_path: Path) -> None:
    lock(stack_file(tmp_path))

    found = "".join(path.read_text() for path in (tmp_path / "stack.images" / "packages").iterdir())

    assert found.startswith("# made by inv images.lock\n# inputs: ")
    assert str(tmp_path) not in found
    assert "://" not in found


def test_own_packages_fit_the_groups(index: Path, tmp_path: Path) -> None:
    wheel(index, "numpy", "2.0")
    wheel(index, "mine", "3.0", "numpy<2")
    file = stack_file(tmp_path, packages=["mine"])

    lock(file)

    pins = imagelock.read(load(file), file)
    assert versions(pins.own) == {"mine": "3.0", "numpy": "1.0"}
    assert versions(pins.groups["arrow"])["numpy"] == "1.0"


def test_nothing_is_upgraded_unless_that_is_asked_for(
    index: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = stack_file(tmp_path)
    lock(file)
    wheel(index, "numpy", "2.0")
    capsys.readouterr()

    lock(file)
    same = capsys.readouterr()
    lock(file, upgrade=True)
    newer = capsys.readouterr()

    assert "nothing changed" in same.out
    assert "->" not in same.err
    assert "  numpy: 1.0 -> 2.0\n" in newer.err
    assert newer.out == f"{tmp_path / 'stack.images'}: 6 packages locked\n"


def test_a_new_package_leaves_the_others_at_their_versions(index: Path, tmp_path: Path) -> None:
    lock(stack_file(tmp_path))
    wheel(index, "numpy", "2.0")
    wheel(index, "mine", "1.0")
    file = stack_file(tmp_path, packages=["mine"])

    lock(file)

    assert versions(imagelock.read(load(file), file).groups["arrow"])["numpy"] == "1.0"


def test_a_lock_that_changes_nothing_writes_nothing(index: Path, tmp_path: Path) -> None:
    file = stack_file(tmp_path)
    lock(file)
    before = {path: path.stat().st_ino for path in (tmp_path / "stack.images" / "packages").iterdir()}

    lock(file)

    assert {path: path.stat().st_ino for path in (tmp_path / "stack.images" / "packages").iterdir()} == before


def test_a_group_that_goes_off_leaves_the_lock(index: Path, tmp_path: Path) -> None:
    lock(stack_file(tmp_path))
    file = stack_file(tmp_path, groups=OFF | {"clickhouse": False})

    lock(file)

    assert [path.name for path in (tmp_path / "stack.images" / "packages").iterdir()] == ["arrow.txt"]
    assert set(imagelock.read(load(file), file).groups) == {"arrow"}


def test_a_group_that_goes_on_again_asks_for_a_lock(index: Path, tmp_path: Path) -> None:
    lock(stack_file(tmp_path, groups=OFF | {"clickhouse": False}))
    file = stack_file(tmp_path)

    with pytest.raises(StackError, match=r"the lock has no .*clickhouse\.txt") as found:
        imagelock.read(load(file), file)

    assert found.value.hint == "inv images.lock"


def test_a_conflict_with_a_group_reaches_the_user_and_changes_nothing(index: Path, tmp_path: Path) -> None:
    lock(stack_file(tmp_path))
    before = {path: path.read_text() for path in (tmp_path / "stack.images" / "packages").iterdir()}
    wheel(index, "mine", "1.0", "numpy>=9")
    file = stack_file(tmp_path, packages=["mine"])

    with pytest.raises(StackError, match="do not resolve; nothing was changed") as found:
        lock(file)

    assert "mine" in found.value.message
    assert "numpy>=9" in found.value.message
    assert {path: path.read_text() for path in (tmp_path / "stack.images" / "packages").iterdir()} == before


def test_a_conflict_with_a_group_that_is_off_is_none(index: Path, tmp_path: Path) -> None:
    wheel(index, "mine", "1.0", "numpy>=9")
    wheel(index, "numpy", "9.0")
    wheel(index, "clickhouse-connect", "0.9", "numpy<2")
    (index / "clickhouse_connect-1.0-py3-none-any.whl").unlink()
    file = stack_file(tmp_path, packages=["mine"], groups=OFF | {"clickhouse": False})

    lock(file)

    assert versions(imagelock.read(load(file), file).own)["numpy"] == "9.0"


def test_without_uv_the_hint_says_how_to_get_it(index: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))

    with pytest.raises(ToolMissing, match="uv is not there") as found:
        lock(stack_file(tmp_path))

    assert found.value.hint == "pip install uv"


def test_the_stack_files_index_is_the_one_that_is_asked_and_stands_in_no_message(
    index: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "bin" / "uv"
    program.parent.mkdir()
    program.write_text(
        f'#!/bin/sh\necho "$UV_DEFAULT_INDEX" > {tmp_path}/asked\necho "$@" > {tmp_path}/words\nexit 1\n'
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:/usr/bin:/bin")

    with pytest.raises(StackError) as found:
        lock(stack_file(tmp_path, package_index="https://mirror.lab.internal/simple"))

    assert (tmp_path / "asked").read_text() == "https://mirror.lab.internal/simple\n"
    assert "mirror" not in (tmp_path / "words").read_text() + found.value.text()

"""`inv images.lock` with the real uv on a folder of tiny wheels: what stays, what moves, what is said of a failure."""

import base64
import hashlib
import zipfile
from pathlib import Path

import pytest
import yaml

from apply import imagefiles, imagelock
from render.imagepackages import FOLDER, layers, packages
from spec.errors import StackError, ToolMissing
from spec.images import GROUPS
from spec.load import load, parse

OFF = {name: False for name in GROUPS if name not in ("arrow", "clickhouse")}


def wheel(folder: Path, name: str, version: str, *needs: str) -> None:
    """A package without content."""
    info = f"{name.replace('-', '_')}-{version}.dist-info"
    files = {
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
        + "".join(f"Requires-Dist: {need}\n" for need in needs),
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = f"{info}/RECORD,,\n"
    for path, text in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
        record += f"{path},sha256={digest},{len(text)}\n"
    folder.mkdir(exist_ok=True)
    with zipfile.ZipFile(folder / f"{name.replace('-', '_')}-{version}-py3-none-any.whl", "w") as archive:
        for path, text in (files | {f"{info}/RECORD": record}).items():
            archive.writestr(path, text)


@pytest.fixture
def index(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only place that uv finds packages in; what uv knows of Python is shared, which saves half of the time."""
    folder = tmp_path / "wheels"
    wheel(folder, "pyarrow", "1.0", "numpy")
    wheel(folder, "datafusion", "1.0", "pyarrow>=1")
    for name in ("avro", "fastavro", "numpy", "clickhouse-driver"):
        wheel(folder, name, "1.0")
    wheel(folder, "clickhouse-connect", "1.0", "numpy", "torch")
    monkeypatch.setenv("UV_FIND_LINKS", str(folder))
    monkeypatch.setenv("UV_OFFLINE", "1")
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path_factory.getbasetemp() / "uv"))
    return folder


def stack_file(tmp_path: Path, **images: object) -> Path:
    file = tmp_path / "stack.yaml"
    content = {"version": 1, "target": {"kind": "local"}, "images": {"groups": OFF, **images}}
    file.write_text(yaml.safe_dump(content))
    return file


def lock(file: Path, upgrade: bool = False) -> None:
    imagelock.lock(str(file), upgrade, python_only=True)


def versions(text: str) -> dict[str, str]:
    return {one.name: one.version for one in packages(text)}


def test_each_group_has_all_that_it_needs_and_torch_is_nowhere(index: Path, tmp_path: Path) -> None:
    file = stack_file(tmp_path)

    lock(file)

    pins = imagelock.read(load(file), file)
    assert set(versions(pins.groups["arrow"])) == {"pyarrow", "datafusion", "avro", "fastavro", "numpy"}
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
    assert newer.out == f"{tmp_path / 'stack.images'}: 7 packages locked\n"


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


@pytest.mark.parametrize("own", ["--index-url=x", "./mine", "mine @ https://example.net/mine.whl"])
def test_what_no_lock_can_hold_to_is_refused(index: Path, tmp_path: Path, own: str) -> None:
    with pytest.raises(StackError, match=r"images\.packages: .* cannot be locked"):
        lock(stack_file(tmp_path, packages=[own]))


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
    file.write_text("version: 1\ntarget: {kind: local}\nimages: {groups: {deep-learning: false}}\n")

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


def test_a_write_that_is_interrupted_shows_and_leaves_no_half_file(index: Path, tmp_path: Path) -> None:
    file = stack_file(tmp_path)
    lock(file)
    folder = tmp_path / "stack.images" / "packages"
    wheel(index, "numpy", "2.0")
    kept = (folder / "clickhouse.txt").read_text()
    (folder / "clickhouse.txt").unlink()
    (folder / "clickhouse.txt").mkdir()

    with pytest.raises(StackError, match="cannot"):
        lock(file, upgrade=True)
    (folder / "clickhouse.txt").rmdir()
    with pytest.raises(StackError, match="cannot write the lock") as failed:
        imagefiles.write(folder / "arrow.txt", {"a": "b"})
    assert "inv images.lock again" in failed.value.hint
    (folder / "clickhouse.txt").write_text(kept)
    newer = {"arrow.txt": (folder / "arrow.txt").read_text().replace("content: ", "content: 0")}
    imagefiles.write(folder, newer)

    with pytest.raises(StackError):
        imagelock.read(load(file), file)
    assert not list(folder.glob(".*"))


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

"""`inv images.lock` on the real index: the groups fit together, and pip accepts what was locked."""

import subprocess
from pathlib import Path

import pytest

from apply import imagelock
from render.imagepackages import layers, packages
from spec.errors import StackError
from spec.images import package_groups
from spec.load import load

pytestmark = pytest.mark.timeout(600)


def stack_file(tmp_path: Path, images: str) -> Path:
    file = tmp_path / "stack.yaml"
    file.write_text(f"version: 1\ntarget: {{kind: local}}\nimages: {images}\n")
    return file


def test_an_own_package_is_locked_with_all_groups(tmp_path: Path) -> None:
    file = stack_file(tmp_path, "{packages: [xarray]}")

    imagelock.lock(str(file), upgrade=False, python_only=True)

    stack = load(file)
    pins = imagelock.read(stack, file)
    shipped = imagelock.read(load(stack_file(tmp_path / "..", "{}")), tmp_path.parent / "stack.yaml")
    assert dict(layers(pins, package_groups(stack)))["own"].startswith("xarray==")
    for name, text in shipped.groups.items():
        assert [(one.name, one.version) for one in packages(text)] == [
            (one.name, one.version) for one in packages(pins.groups[name])
        ]


def test_an_own_package_that_conflicts_is_explained(tmp_path: Path) -> None:
    file = stack_file(tmp_path, "{packages: ['pandas>=3']}")

    with pytest.raises(StackError, match="pandas>=3"):
        imagelock.lock(str(file), upgrade=False, python_only=True)


def test_a_layer_installs_by_its_hashes(tmp_path: Path) -> None:
    file = stack_file(tmp_path, "{groups: {core: false}}")
    stack = load(file)
    found = dict(layers(imagelock.read(stack, file), package_groups(stack)))
    (tmp_path / "layer.txt").write_text(found["clickhouse"])

    done = subprocess.run(
        [
            *("uv", "pip", "install", "--system-certs", "--no-deps", "--require-hashes", "--python-version=3.12"),
            *("--python-platform=linux", f"--target={tmp_path}/got", f"--requirement={tmp_path}/layer.txt"),
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert (tmp_path / "got" / "clickhouse_connect").is_dir()

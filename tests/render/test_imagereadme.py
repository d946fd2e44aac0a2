"""READMEs of images say what the lock holds."""

from pathlib import Path

import pytest

from apply.imagelock import read
from render.imagepackages import FOLDER, required_name, requirements
from render.imagereadme import readme
from spec.images import DATASTACK, DATASTACK_CUDA
from spec.load import parse

STACK = parse("version: 1\ntarget: {kind: local}\n", "stack.yaml")[0]


@pytest.mark.parametrize("name", [DATASTACK, DATASTACK_CUDA])
def test_a_readme_is_the_one_that_the_lock_makes(name: str, tmp_path: Path) -> None:
    pins = read(STACK, tmp_path / "stack.yaml")

    assert (FOLDER.parent / name / "README.md").read_text() == readme(name, pins), "nox -s image_pins"


def test_a_readme_names_everything_that_was_asked_for(tmp_path: Path) -> None:
    text = readme(DATASTACK, read(STACK, tmp_path / "stack.yaml"))

    asked = {required_name(line) for lines in requirements(STACK).values() for line in lines.splitlines()}
    assert [name for name in asked if f"| {name} | " not in text] == []


def test_the_two_images_differ_in_base_and_pytorch(tmp_path: Path) -> None:
    pins = read(STACK, tmp_path / "stack.yaml")
    one, other = (set(readme(name, pins).splitlines()) for name in (DATASTACK, DATASTACK_CUDA))

    assert "### PyTorch, from its own index (`cpu`)" in one
    assert "### PyTorch, from its own index (`cu128`)" in other
    assert len(one - other) == 4

"""The file of pushed images: written whole, read by plans, damaged ones named."""

from pathlib import Path

import pytest

from apply.imagedigests import Pushed, digests, pushed_images, write_pushed
from spec.errors import StackError

ONE = Pushed("sha256:" + "1" * 64, "f1")
TWO = Pushed("sha256:" + "2" * 64, "f2")


def test_before_the_first_push_there_is_nothing(tmp_path: Path) -> None:
    assert pushed_images(tmp_path / "stack.yaml") == {}


def test_a_push_is_added_to_what_is_there(tmp_path: Path) -> None:
    file = tmp_path / "lab.yaml"
    write_pushed(file, {"r/a:1": ONE})
    write_pushed(file, {"r/b:1": TWO})
    write_pushed(file, {"r/a:1": TWO})

    assert pushed_images(file) == {"r/a:1": TWO, "r/b:1": TWO}
    assert digests(file) == {"r/a:1": TWO.digest, "r/b:1": TWO.digest}
    assert [path.name for path in tmp_path.rglob("*")] == ["lab.images", "pushed.yaml"]


@pytest.mark.parametrize(
    "text", ["{", "- a\n", "r/a:1: {digest: a}\n", "r/a:1: {digest: a, fingerprint: b, more: c}\n"]
)
def test_a_damaged_file_is_named(text: str, tmp_path: Path) -> None:
    folder = tmp_path / "stack.images"
    folder.mkdir()
    (folder / "pushed.yaml").write_text(text)

    with pytest.raises(StackError, match=r"stack\.images/pushed\.yaml cannot be read"):
        pushed_images(tmp_path / "stack.yaml")

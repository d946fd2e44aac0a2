"""The file of pushed images: written whole, read by plans, damaged ones named."""

from pathlib import Path

import pytest

from apply.imagedigests import digests, pushed_images, write_pushed
from spec.errors import StackError
from spec.pushed import Pushed

ONE = Pushed("sha256:" + "1" * 64, "f1", 981_200_000)
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


def test_what_an_earlier_version_wrote_is_read_and_stays_as_it_is(tmp_path: Path) -> None:
    file, path = tmp_path / "stack.yaml", tmp_path / "stack.images" / "pushed.yaml"
    path.parent.mkdir()
    path.write_text(f"r/b:1:\n  digest: {TWO.digest}\n  fingerprint: f2\n")

    write_pushed(file, {"r/a:1": ONE})

    assert pushed_images(file) == {"r/a:1": ONE, "r/b:1": TWO}
    assert path.read_text().count("size:") == 1


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "- a\n",
        "r/a:1: {digest: a}\n",
        "r/a:1: {digest: a, fingerprint: b, more: c}\n",
        "r/a:1: {digest: a, fingerprint: b, size: 1 GB}\n",
        "r/a:1: {digest: a, fingerprint: b, size: -1}\n",
    ],
)
def test_a_damaged_file_is_named(text: str, tmp_path: Path) -> None:
    folder = tmp_path / "stack.images"
    folder.mkdir()
    (folder / "pushed.yaml").write_text(text)

    with pytest.raises(StackError, match=r"stack\.images/pushed\.yaml cannot be read"):
        pushed_images(tmp_path / "stack.yaml")

"""What a build gets: everything that matters decides the fingerprint, nothing stays behind."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from apply.imagecontext import Ingredients
from render.images import Recipe
from spec.errors import StackError
from spec.images import BuiltImage
from spec.model_images import CustomImage

MINE = BuiltImage("mine", "r/mine:1", "", custom=CustomImage(context="folder"))
RECIPE = Recipe(MINE, "Dockerfile", {".buunstack/packages/core.txt": "a==1\n"}, ".buunstack", {"A": "a"}, {"l": "l"})


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture
def wheel(tmp_path: Path) -> Path:
    path = tmp_path / "buunstack-1-py3-none-any.whl"
    path.write_bytes(b"wheel")
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "folder"
    (path / "below").mkdir(parents=True)
    (path / "Dockerfile").write_text("FROM a:1\n")
    (path / "below" / "script").write_text("x")
    (path / "link").symlink_to("below/script")
    return path


def write(name: str, text: str) -> Callable[[Path], object]:
    return lambda folder: (folder / name).write_text(text)


def relink(folder: Path) -> None:
    (folder / "link").unlink()
    (folder / "link").symlink_to("Dockerfile")


CHANGES = {
    "a file": write("below/script", "y"),
    "a new file": write("new", ""),
    "a file that became a program": lambda folder: (folder / "below" / "script").chmod(0o755),
    "a link's target": relink,
    "a removed file": lambda folder: (folder / "below" / "script").unlink(),
    "a renamed file": lambda folder: (folder / "below" / "script").rename(folder / "below" / "other"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_of_the_folder_is_another_fingerprint(change: str, wheel: Path, folder: Path) -> None:
    before = Ingredients(RECIPE, wheel, folder).fingerprint()

    CHANGES[change](folder)

    assert Ingredients(RECIPE, wheel, folder).fingerprint() != before


@pytest.mark.parametrize(
    "recipe",
    [
        replace(RECIPE, files={".buunstack/packages/core.txt": "a==2\n"}),
        replace(RECIPE, arguments={"A": "b"}),
        replace(RECIPE, labels={"l": "m"}),
    ],
)
def test_a_change_of_the_recipe_is_another_fingerprint(recipe: Recipe, wheel: Path, folder: Path) -> None:
    assert Ingredients(recipe, wheel, folder).fingerprint() != Ingredients(RECIPE, wheel, folder).fingerprint()


def test_the_wheel_and_the_platform_count_and_times_do_not(wheel: Path, folder: Path) -> None:
    before = Ingredients(RECIPE, wheel, folder).fingerprint()
    (folder / "Dockerfile").touch()
    wheel.touch()

    assert Ingredients(RECIPE, wheel, folder).fingerprint() == before
    assert Ingredients(RECIPE, wheel, folder).fingerprint("linux/arm64") != before
    wheel.write_bytes(b"other")
    assert Ingredients(RECIPE, wheel, folder).fingerprint() != before


def test_the_context_has_everything_and_is_gone_afterwards(wheel: Path, folder: Path, tmp_path: Path) -> None:
    with Ingredients(RECIPE, wheel, folder).laid_out({"netrc": "machine a"}) as (context, secrets):
        names = {path.relative_to(context).as_posix() for path in context.rglob("*") if not path.is_dir()}
        given = Path(secrets[0].partition("src=")[2])
        assert given.read_text() == "machine a"
        assert given.stat().st_mode & 0o777 == 0o600
        assert not given.is_relative_to(context), "a COPY of the context would take the secret along"

    assert names == {
        *("Dockerfile", "below/script", "link", ".buunstack/packages/core.txt"),
        ".buunstack/buunstack-1-py3-none-any.whl",
    }
    assert (context.exists(), given.exists()) == (False, False)
    assert not (folder / ".buunstack").exists()


def test_a_failed_build_leaves_no_context(wheel: Path, folder: Path) -> None:
    with (
        pytest.raises(KeyboardInterrupt),
        Ingredients(RECIPE, wheel, folder).laid_out({"netrc": "machine a"}) as (context, _),
    ):
        raise KeyboardInterrupt

    assert not context.parent.exists()


def test_what_a_killed_build_has_left_is_removed_by_the_next(wheel: Path, folder: Path, tmp_path: Path) -> None:
    left = tmp_path / "cache" / "buunstack" / "images" / "contexts" / "mine.killed.d"
    (left / "secrets").mkdir(parents=True)
    other = left.with_name("mine-too.killed.d")
    other.mkdir()

    with Ingredients(RECIPE, wheel, folder).laid_out({}):
        assert not left.exists()
    assert other.exists(), "of another image, which may be building"


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda folder: (folder / "Dockerfile").unlink(), "has no Dockerfile"),
        (lambda folder: folder.rename(folder.with_name("gone")), "is no folder"),
        (lambda folder: (folder / ".buunstack").mkdir(), "has a folder .buunstack"),
    ],
)
def test_a_folder_that_cannot_be_built_is_told_with_its_field(
    spoil: Callable[[Path], object], words: str, wheel: Path, folder: Path
) -> None:
    spoil(folder)

    with pytest.raises(StackError, match=rf"images\.custom\.mine: .*{words}"):
        Ingredients(RECIPE, wheel, folder)

"""What an engine gets to build from: a folder made for one build, and the fingerprint of everything in it."""

import contextlib
import fcntl
import hashlib
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from apply.caches import cache
from apply.imagefacts import ImageFacts
from render.imagelabels import FINGERPRINT, PLATFORM
from render.images import Recipe
from spec.errors import StackError


class Ingredients:
    """A recipe with the files that only the disk has: the wheel, and a custom image's own folder."""

    def __init__(self, recipe: Recipe, wheel: Path, folder: Path | None) -> None:
        """Args: folder: of a custom image.

        Raises:
            StackError: it is no folder, or has no Dockerfile of that name.
        """
        self.recipe = recipe
        self._wheel = wheel
        self._folder = folder
        if folder is not None:
            _check(recipe, folder)

    def fingerprint(self, platform: str = "") -> str:
        """Of everything that decides what the image becomes."""
        found = hashlib.sha256()

        def add(*parts: str | bytes) -> None:
            for part in parts:
                content = part.encode() if isinstance(part, str) else part
                found.update(len(content).to_bytes(8, "big") + content)

        add(platform, self.recipe.dockerfile, self._wheel.name, self._wheel.read_bytes())
        for pairs in (self.recipe.files, self.recipe.arguments, self.recipe.labels):
            for name, value in sorted(pairs.items()):
                add(name, value)
        for path in _entries(self._folder) if self._folder else ():
            name, mode = path.relative_to(self._folder or path).as_posix(), path.lstat().st_mode
            if stat.S_ISLNK(mode):
                add(name, "link", str(path.readlink()))
            elif stat.S_ISREG(mode):
                add(name, "program" if mode & stat.S_IXUSR else "file", _digest(path))
        return found.hexdigest()

    def made(self, facts: ImageFacts) -> bool:
        """Whether an image was built from exactly this."""
        return facts.labels.get(FINGERPRINT) == self.fingerprint(facts.labels.get(PLATFORM, ""))

    @contextlib.contextmanager
    def laid_out(self, secrets: Mapping[str, str]) -> Iterator[tuple[Path, tuple[str, ...]]]:
        """The context's folder, and the build's secrets as the engine takes them; both are gone afterwards.

        Only one build of an image at a time has them; what a killed one has left is removed first.
        """
        name = self.recipe.image.name
        home = cache("images") / "contexts"
        home.mkdir(parents=True, exist_ok=True, mode=0o700)
        with (home / f"{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            for left in home.glob(f"{name}.*.d"):
                shutil.rmtree(left, ignore_errors=True)
            scratch = Path(tempfile.mkdtemp(prefix=f"{name}.", suffix=".d", dir=home))
            try:
                self._fill(scratch / "context")
                yield scratch / "context", tuple(_secrets(scratch / "secrets", secrets))
            finally:
                shutil.rmtree(scratch, ignore_errors=True)

    def _fill(self, context: Path) -> None:
        if self._folder is not None:
            shutil.copytree(self._folder, context, symlinks=True)
        for name, text in self.recipe.files.items():
            target = context / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, "utf-8")
        target = context / self.recipe.wheel_folder
        target.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(self._wheel, target / self._wheel.name)


def _check(recipe: Recipe, folder: Path) -> None:
    field = f"images.custom.{recipe.image.name}"
    if not folder.is_dir():
        raise StackError(
            f"{field}: {folder} is no folder", hint="the folder of the Dockerfile, seen from the stack file"
        )
    if not (folder / recipe.dockerfile).is_file():
        raise StackError(f"{field}: {folder} has no {recipe.dockerfile}", hint="dockerfile: its name in the folder")
    if (folder / recipe.wheel_folder).exists():
        message = f"{field}: {folder} has a folder {recipe.wheel_folder}, which a build puts there"
        raise StackError(message, hint="remove or rename it")


def _entries(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*"))


def _digest(path: Path) -> bytes:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest()


def _secrets(folder: Path, secrets: Mapping[str, str]) -> Iterator[str]:
    folder.mkdir(mode=0o700)
    for name, value in secrets.items():
        path = folder / name
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(value)
        yield f"id={name},src={path}"

"""The wheel of `buunstack`, built from this checkout: the same sources give the same bytes."""

import hashlib
import shutil
import sys
import tempfile
from pathlib import Path

from apply.caches import cache
from apply.run import plain_environment, run
from spec.errors import StackError

_ROOT = Path(__file__).parent.parent
_SOURCES = ("pyproject.toml", "LICENSE")
_PACKAGE = "buunstack"
_BUILD = "import sys; from hatchling.build import build_wheel; print(build_wheel(sys.argv[1]))"


def wheel() -> Path:
    """The wheel of these sources, built unless it lies in the cache.

    Raises:
        StackError: it cannot be built.
    """
    folder = cache("wheels") / _fingerprint()
    if found := sorted(folder.glob("*.whl")):
        return found[0]
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
        built = build(Path(scratch) / "out")
        try:
            built.parent.rename(folder)
        except OSError as error:  # another command was faster
            if not folder.exists():
                raise StackError(f"the wheel cannot be kept in {folder}: {error.strerror}") from error
    return next(folder.glob("*.whl"))


def build(out: Path) -> Path:
    """Build the wheel into a new folder, from a copy of its sources, with nothing of the caller's environment.

    Raises:
        StackError: the build failed.
    """
    out.mkdir(parents=True)
    with tempfile.TemporaryDirectory() as scratch:
        sources = Path(scratch)
        for file in _files():
            target = sources / file.relative_to(_ROOT)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, target)
            target.chmod(0o644)
        command = [sys.executable, "-I", "-c", _BUILD, str(out)]
        run(command, what="building the wheel", directory=sources, environment=plain_environment())
    return next(out.glob("*.whl"))


def _files() -> list[Path]:
    package = (path for path in (_ROOT / _PACKAGE).rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return sorted([*package, *(_ROOT / name for name in _SOURCES)])


def _fingerprint() -> str:
    found = hashlib.sha256()
    for file in _files():
        content = file.read_bytes()
        found.update(f"{file.relative_to(_ROOT)}\0{len(content)}\0".encode() + content)
    return found.hexdigest()[:16]

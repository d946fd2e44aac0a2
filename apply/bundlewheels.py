"""The Python packages of a bundle: the platform's own, and those of the local target's profiles."""

import platform
import sys
import sysconfig
import tarfile
import tempfile
import tomllib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from apply import run

_ROOT = Path(__file__).parent.parent
_GROUPS = {"kubernetes": ("operator",), "local": ("operator", "local")}
_SOURCES = ("apply", "buunstack", "charts", "docs", "hub", "images", "render", "schema", "spec")
_FILES = ("tasks.py", "noxfile.py", "pyproject.toml", "README.md", "CHANGELOG.md", "LICENSE")


def machine() -> dict[str, str]:
    """For what the packages are made: they fit no other Python and no other kind of machine."""
    return {"python": platform.python_version().rpartition(".")[0], "platform": sysconfig.get_platform()}


def collect(folder: Path, kind: str, environments: Iterable[list[str]], tell: Callable[[str], None]) -> None:
    """Put wheels, `requirements.txt` and `constraints.txt` of the platform into `folder`.

    Args:
        kind: of the target.
        environments: the requirements of each profile's own packages.

    Raises:
        StackError: a package cannot be had.
    """
    project = tomllib.loads((_ROOT / "pyproject.toml").read_text("utf-8"))
    groups, pins = project["dependency-groups"], project["tool"]["uv"]["constraint-dependencies"]
    folder.mkdir(parents=True)
    own, constraints = folder / "requirements.txt", folder / "constraints.txt"
    own.write_text("".join(f"{name}\n" for group in _GROUPS[kind] for name in groups[group]), "utf-8")
    constraints.write_text("".join(f"{pin}\n" for pin in pins), "utf-8")
    with tempfile.TemporaryDirectory() as scratch:
        # The platform's own environment has no pip where uv made it.
        run.run([sys.executable, "-m", "venv", scratch], what="preparing to fetch packages")
        base = [f"{scratch}/bin/python", "-m", "pip", "wheel", "--quiet", "--disable-pip-version-check"]
        tell("packages of the platform")
        wheels = [*base, f"--wheel-dir={folder}", f"--find-links={folder}"]
        run.run(
            [*wheels, f"--constraint={constraints}", f"--requirement={own}"], what="fetching the platform's packages"
        )
        for requirements in environments:
            tell(f"packages of a profile: {', '.join(requirements)}")
            run.run([*wheels, "--", *requirements], what=f"fetching {', '.join(requirements)}")


def pack_platform(out: Path) -> None:
    """This very version of the platform, as one archive."""
    with tarfile.open(out, "w:gz") as archive:
        for name in (*_SOURCES, *_FILES):
            archive.add(_ROOT / name, f"platform/{name}", filter=_source)


def _source(member: tarfile.TarInfo) -> tarfile.TarInfo | None:
    return None if "__pycache__" in member.name else member


def missing(about: dict[str, Any], environments: dict[str, list[str]]) -> list[str]:
    """The environments that a bundle was not made for."""
    return sorted(environments.keys() - about["environments"].keys())

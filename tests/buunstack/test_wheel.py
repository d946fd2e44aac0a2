"""The wheel for notebook images, away from the checkout."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from email import message_from_bytes
from email.message import Message
from pathlib import Path

import pytest

import buunstack

ROOT = Path(buunstack.__file__).parent.parent
BUILD = "from hatchling.build import build_wheel; import sys; print(build_wheel(sys.argv[1]))"


def build(folder: Path) -> Path:
    """The wheel built from a copy of what it is made of."""
    checkout, out = folder / "checkout", folder / "out"
    shutil.copytree(ROOT / "buunstack", checkout / "buunstack", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(ROOT / "hub", checkout / "hub", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "LICENSE"):
        shutil.copy(ROOT / name, checkout)
    out.mkdir()
    command = [sys.executable, "-c", BUILD, str(out)]
    ran = subprocess.run(command, cwd=checkout, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    return out / ran.stdout.split()[-1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built once."""
    return build(tmp_path_factory.mktemp("wheel"))


def metadata(wheel: Path) -> Message:
    """The wheel's METADATA."""
    with zipfile.ZipFile(wheel) as archive:
        name = next(name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        return message_from_bytes(archive.read(name))


def test_it_holds_the_package_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()

    modules = {f"buunstack/{path.name}" for path in (ROOT / "buunstack").glob("*.py")}
    assert modules <= set(names)
    folders = {name.split("/")[0] for name in names}
    assert folders == {"buunstack", f"buunstack-{buunstack.__version__}.dist-info"}


def test_it_depends_on_urllib3_alone(wheel: Path) -> None:
    assert metadata(wheel).get_all("Requires-Dist") == ["urllib3>=1.26"]


def test_its_version_is_the_packages(wheel: Path) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]

    assert metadata(wheel)["Version"] == project["version"] == buunstack.__version__


def test_it_names_no_place_of_this_machine(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        content = b"".join(archive.read(name) for name in archive.namelist())

    assert str(ROOT).encode() not in content
    assert not re.search(rb"/home/|/root/", content)


def test_two_builds_are_the_same_bytes(wheel: Path, tmp_path: Path) -> None:
    again = build(tmp_path)
    os.utime(again)

    assert again.name == wheel.name
    assert again.read_bytes() == wheel.read_bytes()


def test_it_works_away_from_the_checkout(wheel: Path, tmp_path: Path) -> None:
    program = (
        f"import sys; sys.path.insert(0, {str(wheel)!r})\n"
        "import buunstack\n"
        "print(buunstack.__file__)\n"
        "print(buunstack.SecretStore().get_status()['problem'])\n"
    )
    ran = subprocess.run(
        [sys.executable, "-I", "-c", program], cwd=tmp_path, env={}, capture_output=True, text=True, check=True
    )

    where, problem = ran.stdout.splitlines()
    assert where.startswith(f"{wheel}/")
    assert problem.startswith("There is no Vault token")
    assert ran.stderr == ""


def test_its_command_works_away_from_the_checkout(wheel: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "buunstack", "list"]
    ran = subprocess.run(
        command, cwd=tmp_path, env={"PYTHONPATH": str(wheel)}, capture_output=True, text=True, check=False
    )

    assert (ran.returncode, ran.stdout) == (4, "")
    assert ran.stderr.startswith("python -m buunstack: There is no Vault token")

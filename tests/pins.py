"""Renew the pinned versions in pyproject.toml: the newest ones that fit together."""

import re
import subprocess
import tempfile
from collections import Counter
from pathlib import Path


def renew(project: Path = Path("pyproject.toml")) -> None:
    """Resolve without the old pins and write the new ones in their place."""
    text = project.read_text()
    block = re.search(r"constraint-dependencies = \[\n.*?\n\]\n", text, re.DOTALL)
    assert block, "pyproject.toml has a list of constraint-dependencies"
    with tempfile.TemporaryDirectory() as folder:
        fresh = Path(folder)
        (fresh / "pyproject.toml").write_text(text.replace(block[0], "").replace("buunstack/README.md", "README.md"))
        (fresh / "README.md").touch()
        subprocess.run(["uv", "lock", "--quiet", "--upgrade", f"--project={fresh}"], check=True)
        options = ("--all-groups", "--no-hashes", "--no-header", "--no-annotate", "--no-emit-project")
        command = ["uv", "export", "--quiet", f"--project={fresh}", *options]
        listed = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    pins = "".join(f'    "{pin}",\n' for pin in _as_constraints(listed.splitlines()))
    project.write_text(text.replace(block[0], f"constraint-dependencies = [\n{pins}]\n"))


def _as_constraints(lines: list[str]) -> list[str]:
    """Pins for every platform; a marker only where it decides between two versions of one package."""
    pins = [line.strip() for line in lines if "==" in line]
    versions = Counter(pin.split("==")[0] for pin in pins)
    return [pin if versions[pin.split("==")[0]] > 1 else pin.split(";")[0].strip() for pin in pins]


if __name__ == "__main__":
    renew()

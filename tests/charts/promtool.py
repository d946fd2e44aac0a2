"""Prometheus' own promtool, and what it says of the rules that our chart makes."""

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

INSTALL = "GOFLAGS=-mod=mod go install github.com/prometheus/prometheus/cmd/promtool@latest"


def promtool() -> str:
    """The program of PROMTOOL, of PATH, or where Go puts what it installs; else the test is skipped."""
    gopath = Path(os.environ.get("GOPATH") or Path.home() / "go") / "bin" / "promtool"
    found = os.environ.get("PROMTOOL") or shutil.which("promtool") or (str(gopath) if gopath.exists() else None)
    if not found:
        pytest.skip(f"there is no promtool (PROMTOOL or PATH), so no alert is evaluated: {INSTALL}")
    return found


def run(*words: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """One call of promtool in a folder."""
    return subprocess.run([promtool(), *words], cwd=folder, capture_output=True, text=True, check=False, timeout=120)


def write_rules(file: Path, rules: list[dict[str, Any]]) -> None:
    """A file of one group, as Prometheus itself reads it."""
    file.write_text(yaml.safe_dump({"groups": [{"name": "lab", "rules": rules}]}))

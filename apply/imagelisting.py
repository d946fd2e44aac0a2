"""What lists an image's packages from its inside: plain Python 3.9, standard library only, sent as text.

It prints one line of JSON, the same for the same image.
"""

from __future__ import annotations

import json
import os
import sys
from importlib import metadata
from pathlib import Path
from typing import Any


def packages() -> dict[str, Any]:
    """What is installed: the system's packages, Python's, conda's."""
    release = dict(line.split("=", 1) for line in _text("/etc/os-release").splitlines() if "=" in line)
    python = {(found.metadata["Name"], found.version) for found in metadata.distributions() if found.metadata["Name"]}
    conda = []
    for root in {sys.prefix, os.environ.get("CONDA_DIR", ""), "/opt/conda"} - {""}:
        for file in sorted(Path(root).glob("conda-meta/*.json")):
            record = json.loads(_text(str(file)))
            conda.append([str(record.get(key, "")) for key in ("name", "version", "build", "channel", "subdir")])
    return {
        "system": {key: release.get(key, "").strip("\"'") for key in ("ID", "VERSION_ID")},
        "debian": sorted(_debian(_text("/var/lib/dpkg/status"))),
        "python": sorted(list(found) for found in python),
        "conda": sorted(conda),
    }


def _debian(status: str) -> list[list[str]]:
    """Of dpkg's own list, which is there where dpkg-query is not."""
    found = []
    for paragraph in status.split("\n\n"):
        lines = [line for line in paragraph.splitlines() if ": " in line and not line.startswith(" ")]
        fields = dict(line.split(": ", 1) for line in lines)
        if fields.get("Status", "").endswith(" installed"):
            found.append([fields["Package"], fields["Version"], fields.get("Architecture", "")])
    return found


def _text(path: str) -> str:
    try:
        return Path(path).read_text("utf-8", "replace")
    except OSError:
        return ""


if __name__ == "__main__":
    sys.stdout.write(json.dumps(packages()) + "\n")

"""Rendering is pure: the same bytes for the same stack under any hash seed, and reviewed ones for the examples."""

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from render.artifacts import render
from spec.load import load

ROOT = Path(__file__).parent.parent.parent
GOLDEN = Path(__file__).parent / "golden"
LOCAL_EXAMPLES = ("minimal", "local")
_DIGEST = """
import hashlib, json, sys
from pathlib import Path
from render.artifacts import render
from spec.load import load
artifacts = render(load(Path(sys.argv[1])))
print(hashlib.sha256(json.dumps(list(artifacts.items())).encode()).hexdigest())
"""


@pytest.mark.parametrize("example", LOCAL_EXAMPLES)
def test_the_same_bytes_under_any_hash_seed_and_in_any_place(example: str, tmp_path: Path) -> None:
    spec = ROOT / "spec" / "examples" / f"{example}.yaml"
    digests = {
        subprocess.run(
            [sys.executable, "-c", _DIGEST, str(spec)],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT), "TZ": zone, "HOME": str(tmp_path)},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
        for seed, zone in (("0", "UTC"), ("1", "Asia/Tokyo"), ("77", "UTC"))
    }

    here = hashlib.sha256(json.dumps(list(render(load(spec)).items())).encode()).hexdigest()
    assert digests == {here}


@pytest.mark.parametrize("example", LOCAL_EXAMPLES)
def test_the_configuration_of_an_example_is_the_reviewed_one(example: str) -> None:
    """After a change that is meant: `nox -s golden`, and read the difference."""
    artifacts = render(load(ROOT / "spec" / "examples" / f"{example}.yaml"))
    rendered = {path: text for path, text in artifacts.items() if path.startswith("conf/")}
    folder = GOLDEN / example

    if os.environ.get("BUUNSTACK_GOLDEN") == "write":
        for path, text in rendered.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(text)
    reviewed = {path.relative_to(folder).as_posix(): path.read_text() for path in folder.rglob("*") if path.is_file()}
    assert rendered == reviewed


def test_no_artifact_names_this_machine() -> None:
    artifacts = render(load(ROOT / "spec" / "examples" / "local.yaml"))

    named = [
        path
        for path, text in artifacts.items()
        if path.startswith("conf/") and (str(ROOT) in text or sys.prefix in text)
    ]
    assert named == []


def test_an_enabled_profile_is_offered_even_where_it_cannot_run() -> None:
    artifacts = render(load(ROOT / "spec" / "examples" / "local.yaml"))
    profiles = {profile["slug"]: profile for profile in json.loads(artifacts["conf/settings.json"])["profiles"]}

    assert profiles["minimal"]["available"]
    for profile in profiles.values():
        assert profile["available"] != bool(profile["reason"])

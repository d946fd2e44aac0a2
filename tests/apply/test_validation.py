"""`inv validate`: quick because of what it leaves out, and an answer for people and scripts."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
EXAMPLES = sorted((ROOT / "spec" / "examples").glob("*.yaml"))
HEAVY = {"kubernetes", "hvac", "requests", "urllib3", "jinja2", "python_on_whales", "ssl", "jsonschema", "rich"}
AS_A_TASK = """
import sys
from invoke.main import program
program.run(["inv", "validate", "--spec", sys.argv[1]], exit=False)
print(*sorted(sys.modules))
"""
BY_ITSELF = """
import sys
from apply.validation import validate
validate(sys.argv[1], False)
print(*sorted(sys.modules))
"""
INVOKE_S_OWN = {"ssl"}
"""invoke loads unittest.mock, which loads asyncio, which loads ssl: before it has read tasks.py."""


def loaded(program: str, spec: Path) -> set[str]:
    """The modules at the end of a program."""
    command = [sys.executable, "-c", program, str(spec)]
    return set(subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split())


def inv(*words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "invoke", *words]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_a_valid_file_loads_nothing_that_talks_to_anyone(example: Path) -> None:
    by_itself, as_a_task = loaded(BY_ITSELF, example), loaded(AS_A_TASK, example)

    assert {"yaml", "msgspec"} <= by_itself & as_a_task
    assert by_itself & HEAVY == set()
    assert as_a_task & HEAVY <= INVOKE_S_OWN


def test_it_says_what_it_checked() -> None:
    done = inv("validate")

    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr == "stack.yaml is valid: stack jupyterhub, target local\n"


def test_a_script_gets_json_on_standard_output() -> None:
    done = inv("validate", "--json")

    assert json.loads(done.stdout) == {"valid": True, "name": "jupyterhub", "target": "local"}


def test_problems_end_with_two_and_say_that_nothing_was_changed(tmp_path: Path) -> None:
    file = tmp_path / "stack.yaml"
    file.write_text("version: 1\ntarget: {kind: local}\nnaem: x\n")

    done = inv("validate", "--spec", str(file))

    assert (done.returncode, done.stdout) == (2, "")
    assert f"{file}:3:1: naem: unknown key" in done.stderr
    assert "did you mean `name`?" in done.stderr
    assert done.stderr.endswith(f"1 problem in {file}; nothing was changed.\n")


def test_problems_are_json_for_a_script(tmp_path: Path) -> None:
    file = tmp_path / "stack.yaml"
    file.write_text("version: 1\ntarget: {kind: local}\nnaem: x\n")

    done = inv("validate", "--json", "--spec", str(file))

    assert done.returncode == 2
    (problem,) = json.loads(done.stdout)["problems"]
    assert problem == {
        "file": str(file),
        "line": 3,
        "column": 1,
        "path": "naem",
        "message": "unknown key",
        "hint": "did you mean `name`?",
    }

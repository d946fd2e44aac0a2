"""The README promises only what is there: its length, its stack file, its commands, its links."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from spec.load import parse

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]


def listed_tasks() -> dict[str, str]:
    """Task -> first line of its help, as `inv --list` has them."""
    command = [sys.executable, "-m", "invoke", "--list", "--list-format=json"]
    found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return dict(_tasks(json.loads(found), ""))


def _tasks(collection: dict, prefix: str) -> list[tuple[str, str]]:
    found = [(prefix + task["name"], task["help"]) for task in collection["tasks"]]
    for inner in collection["collections"]:
        found += _tasks(inner, f"{prefix}{inner['name']}.")
    return found


def test_it_can_be_read_in_one_go() -> None:
    assert README.count("\n") <= 150


def test_its_stack_file_has_twelve_lines_and_is_valid() -> None:
    (text,) = re.findall(r"```yaml\n(.*?)```", README, re.DOTALL)

    assert text.count("\n") <= 12
    assert parse(text, "README.md")[1] == []


def test_its_table_is_the_list_of_tasks() -> None:
    rows = dict(re.findall(r"^\| `inv ([a-z.-]+)[^`]*` \| (.*) \|$", README, re.MULTILINE))

    assert rows == {name: text.rstrip(".") for name, text in listed_tasks().items()}


def test_the_list_of_tasks_fits_a_line_each() -> None:
    command = [sys.executable, "-m", "invoke", "--list"]
    lines = (
        subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip().splitlines()[2:]
    )

    assert len(lines) == len(listed_tasks())


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text())

    assert [link for link in links if "://" not in link and not (page.parent / link).exists()] == []


def test_the_names_of_tasks_and_flags_are_completed() -> None:
    command = [sys.executable, "-m", "invoke", "--complete", "--", "inv"]
    found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()

    assert {"install", "validate", "user.add"} <= set(found)
    flags = subprocess.run([*command, "install", "-"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert {"--spec", "--state", "--yes", "--json"} <= set(flags.split())

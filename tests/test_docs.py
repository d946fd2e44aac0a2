"""The documentation: every page has its place, and what is made from the code is what the code makes."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import tasks
from apply.commandreference import flags
from apply.generated import files

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
SITE = tomllib.loads((ROOT / "zensical.toml").read_text())["project"]
PAGES = sorted(str(page.relative_to(DOCS)) for page in DOCS.rglob("*.md"))


def placed(entries: list[dict[str, Any]]) -> Iterator[str]:
    """The pages of the site's navigation, in its order."""
    for entry in entries:
        for place in entry.values():
            yield from [place] if isinstance(place, str) else placed(place)


def test_every_page_has_one_place_in_the_navigation_and_is_there() -> None:
    assert sorted(placed(SITE["nav"])) == PAGES


@pytest.mark.parametrize("name", files(tasks.namespace))
def test_a_file_that_is_made_is_up_to_date(name: str) -> None:
    made = files(tasks.namespace)[name]

    assert (ROOT / name).read_text("utf-8") == made, f"{name} is older than the code it is made from: inv schema"


def test_a_command_is_described_with_its_words_its_flags_and_their_defaults() -> None:
    section = (DOCS / "commands.md").read_text().partition("## `inv token.get`")[2].partition("\n## ")[0]

    assert "$ inv token.get USER\n" in section
    assert re.search(r"^\| `--user`.* \| required \| ", section, re.MULTILINE)
    assert re.search(r"^\| `--spec`.* \| `stack.yaml` \| the stack file \|$", section, re.MULTILINE)


@pytest.mark.parametrize("name", tasks.namespace.task_names)
def test_every_flag_says_what_it_is(name: str) -> None:
    assert [flag.names for flag in flags(tasks.namespace[name]) if not flag.help] == []


def test_nothing_of_the_site_comes_from_elsewhere() -> None:
    assert SITE["theme"]["font"] is False

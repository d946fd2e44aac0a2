"""The reference for readers: every key in one table each, with its type, default and sentence."""

import re

from spec.model import Stack
from spec.reference import _section, reference_text
from tests.spec.test_availability import keys

TEXT = reference_text()


def section(name: str) -> str:
    return TEXT.partition(f"\n## {name}\n")[2].partition("\n## ")[0]


def test_every_key_of_the_model_is_in_the_table_of_its_section() -> None:
    missing = []
    for key in keys(Stack):
        path, _, name = key.rpartition(".")
        if f"| `{name}` |" not in section(f"`{path}`" if path else "Top level"):
            missing.append(key)

    assert missing == []


def test_a_row_says_type_default_and_meaning() -> None:
    assert "| `kind` | `kubernetes`, `local` | required | `local`: processes of this machine." in section("`target`")
    assert '| `every` | text, such as `90s`, `10m` | `"10m"` | How often this is checked. |' in section("`culling`")
    assert "| `port` | whole number | `null` |" in section("`hub`")
    assert '| `enabled` | true or false or `auto` | `"auto"` |' in section("`gpu`")
    assert "| `profiles` | mapping of mapping | `{}` |" in section("Top level")
    assert "| `admin_users` | list of text, such as `ada`, `grace.h@example.net` | `null` |" in section("`auth`")
    assert "mapping of mapping of mapping" in section("`profiles.NAME`")


def test_a_row_has_four_cells() -> None:
    rows = [line for line in TEXT.splitlines() if line.startswith("| `")]

    assert len(rows) > 150
    assert all(len(re.findall(r"(?<!\\)\|", row)) == 5 for row in rows)


def test_a_bar_in_a_cell_ends_no_cell() -> None:
    key = {"type": "string", "default": "a|b", "description": "This | that."}

    assert '| `k` | text | `"a\\|b"` | This \\| that. |' in _section(
        "a", {"description": "A.", "properties": {"k": key}}
    )


def test_a_section_stands_once() -> None:
    titles = re.findall(r"^## .*$", TEXT, re.MULTILINE)

    assert len(titles) == len(set(titles)) > 25

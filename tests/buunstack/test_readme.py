"""The package's README: its examples run, and its tables are complete."""

import doctest
import re
from pathlib import Path

import pytest

import buunstack
from buunstack import SecretStore, SecretStoreError
from tests.buunstack.conftest import Notebook

README = Path(buunstack.__file__).parent / "README.md"
SOURCES = "".join(path.read_text() for path in README.parent.glob("*.py"))


def test_every_example_prints_what_it_says(notebook: Notebook, monkeypatch: pytest.MonkeyPatch) -> None:
    notebook.deliver()
    for name in ("PROJECT_NAME", "MODEL_VERSION"):
        monkeypatch.setenv(name, "")

    failed, tried = doctest.testfile(str(README), module_relative=False)

    assert tried > 15
    assert failed == 0
    assert SecretStore().list() == ["api-keys", "environment"]


def test_every_error_is_in_the_table_with_its_built_in() -> None:
    table = dict(re.findall(r"^\| `([A-Z][a-z]\w+)` \|([^|]*)\|", README.read_text(), re.MULTILINE))
    exported = {getattr(buunstack, name) for name in buunstack.__all__}
    errors = {kind for kind in exported if isinstance(kind, type) and issubclass(kind, SecretStoreError)}

    assert set(table) == {kind.__name__ for kind in errors - {SecretStoreError}}
    for kind in errors - {SecretStoreError}:
        bases = [base.__name__ for base in kind.__bases__ if base is not SecretStoreError]
        assert re.findall(r"`(\w+)`", table[kind.__name__]) == bases


def test_every_variable_that_is_read_is_in_the_table() -> None:
    read = set(re.findall(r'_(?:variable|token|seconds)\("([A-Z_]+)"', SOURCES))
    read |= set(re.findall(r'os\.environ\.get\("([A-Z_]+)"', SOURCES))
    rows = [line for line in README.read_text().splitlines() if line.startswith("| `") and "_" in line.split("|")[1]]
    described = {name for row in rows for name in re.findall(r"`([A-Z_]+)`", row.split("|")[1])}

    assert read == described

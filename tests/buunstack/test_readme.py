"""The package's README: its examples run, and its tables are complete."""

import doctest
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import buunstack
from buunstack import SecretStore, SecretStoreError
from tests.buunstack.conftest import Notebook

README = Path(buunstack.__file__).parent / "README.md"
SOURCES = "".join(path.read_text() for path in README.parent.glob("*.py"))


TERMINAL = re.findall(r"^```console\n(.*?)^```$", README.read_text(), re.MULTILINE | re.DOTALL)
BLOCKS = re.findall(r"^```python\n(.*?)^```$", README.read_text(), re.MULTILINE | re.DOTALL)


@pytest.fixture
def warehouse(notebook: Notebook) -> Iterator[None]:
    """The shared secret that the README speaks of."""
    path = "jupyter/shared/warehouse"
    notebook.bao.ok("POST", f"secret/data/{path}", body={"data": {"user": "reader", "password": "pw"}})
    yield
    notebook.bao.ok("DELETE", f"secret/metadata/{path}")


@pytest.mark.usefixtures("warehouse")
def test_every_block_runs_in_order_and_prints_what_it_says(
    notebook: Notebook, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    notebook.deliver()
    for name in ("PROJECT_NAME", "MODEL_VERSION"):
        monkeypatch.setenv(name, "")
    parser, runner, names = doctest.DocTestParser(), doctest.DocTestRunner(), {}

    for block in BLOCKS:
        examples = parser.get_doctest(block, names, block.partition("\n")[0], str(README), 0)
        assert runner.run(examples, clear_globs=False).failed == 0
        names |= examples.globs

    assert runner.tries > 25
    assert SecretStore().list() == ["api-keys", "environment"]
    (tmp_path / "key.txt").write_text("sk-another-key\n")
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}:{os.environ['PATH']}")
    monkeypatch.setenv("PYTHONPATH", str(README.parent.parent))
    for block in TERMINAL:
        for command, printed in re.findall(r"^\$ (.*\n)((?:[^$].*\n)*)", block, re.MULTILINE):
            ran = subprocess.run(["sh", "-c", command], cwd=tmp_path, capture_output=True, text=True, check=False)
            assert ran.stdout == printed


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.partition("\n")[0])
def test_a_python_block_has_no_line_that_is_not_run(block: str) -> None:
    pieces = doctest.DocTestParser().parse(block)

    assert any(isinstance(piece, doctest.Example) for piece in pieces)
    assert "".join(piece for piece in pieces if isinstance(piece, str)).strip() == ""


def test_every_error_is_in_the_table_with_its_built_in() -> None:
    table = dict(re.findall(r"^\| `([A-Z][a-z]\w+)` \|([^|]*)\|", README.read_text(), re.MULTILINE))
    exported = {getattr(buunstack, name) for name in buunstack.__all__}
    errors = {kind for kind in exported if isinstance(kind, type) and issubclass(kind, SecretStoreError)}

    assert set(table) == {kind.__name__ for kind in errors - {SecretStoreError}}
    for kind in errors - {SecretStoreError}:
        bases = [base.__name__ for base in kind.__bases__ if base is not SecretStoreError]
        assert re.findall(r"`(\w+)`", table[kind.__name__]) == bases


def test_every_exit_code_is_in_the_table() -> None:
    codes = set(re.findall(r"^\| (\d+) \|", README.read_text(), re.MULTILINE))
    program = subprocess.run([sys.executable, "-m", "buunstack", "--help"], capture_output=True, text=True, check=True)

    told = program.stdout.partition("exit codes:")[2].replace("\n", " ").split(";")
    assert codes == {entry.split()[0] for entry in told}


def test_every_variable_that_is_read_is_in_the_table() -> None:
    read = set(re.findall(r'_(?:variable|token|seconds)\("([A-Z_]+)"', SOURCES))
    read |= set(re.findall(r'os\.environ\.get\("([A-Z_]+)"', SOURCES))
    rows = [line for line in README.read_text().splitlines() if line.startswith("| `") and "_" in line.split("|")[1]]
    described = {name for row in rows for name in re.findall(r"`([A-Z_]+)`", row.split("|")[1])}

    assert read == described

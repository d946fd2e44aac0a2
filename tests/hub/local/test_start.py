"""A hub's program is JupyterHub's, without what takes half of its start and nothing asks for."""

import os
import subprocess
import sys
from pathlib import Path

import jupyterhub

SCRIPT = """
import sys
from hub.local import start
try:
    start.main()
finally:
    print([name for name in ("lark", "rfc3987_syntax") if sys.modules.get(name)])
"""
ROOT = Path(__file__).parents[3]


def test_packages_stay_compiled_after_a_first_start_and_nothing_is_written_beside_the_stacks_own_files(
    tmp_path: Path,
) -> None:
    command = [sys.executable, "-m", "hub.local.start", "--version"]
    asked = {"PYTHONDONTWRITEBYTECODE": "1", "PYTHONPYCACHEPREFIX": str(tmp_path)}
    subprocess.run(command, cwd=ROOT, env={**os.environ, **asked}, capture_output=True, check=True)

    compiled = {Path("/") / file.relative_to(tmp_path) for file in tmp_path.rglob("*.pyc")}
    assert any(file.match("jupyterhub/app.*.pyc") for file in compiled)
    assert not [file for file in compiled if file.is_relative_to(ROOT / "hub")]


def test_a_hub_starts_without_compiling_the_grammar_of_addresses() -> None:
    command = [sys.executable, "-c", SCRIPT, "--version"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)

    assert done.stdout == f"{jupyterhub.__version__}\n[]\n"

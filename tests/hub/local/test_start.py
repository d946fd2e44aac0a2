"""A hub's program is JupyterHub's, without what takes half of its start and nothing asks for."""

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


def test_a_hub_starts_without_compiling_the_grammar_of_addresses() -> None:
    command = [sys.executable, "-c", SCRIPT, "--version"]
    done = subprocess.run(command, cwd=Path(__file__).parents[3], capture_output=True, text=True, check=True)

    assert done.stdout == f"{jupyterhub.__version__}\n[]\n"

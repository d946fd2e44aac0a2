"""On one machine: this checkout's JupyterHub over the database of an older one, said before what it means."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.stack import PASSWORD, InstalledStack

OLDER = "3c2384c5aae1"
"""The revision of the database before roles could be managed (jupyterhub/alembic/versions)."""
DOWNGRADE = """
import subprocess, sys
from jupyterhub.dbutil import _temp_alembic_ini
with _temp_alembic_ini("sqlite:///" + sys.argv[1]) as settings:
    subprocess.run([sys.executable, "-m", "alembic", "-c", settings, "downgrade", sys.argv[2]], check=True)
"""


@pytest.fixture
def older(tmp_path: Path) -> Iterator[InstalledStack]:
    """A stack that is off, with the database of an older JupyterHub, made by JupyterHub's own way back."""
    stack = InstalledStack(tmp_path)
    stack.install()
    try:
        stack.inv("user.add", "ada@example.org", answer=PASSWORD + "\n")
        stack.inv("uninstall")
        database = str(stack.state / "hub" / "jupyterhub.sqlite")
        subprocess.run([sys.executable, "-c", DOWNGRADE, database, OLDER], check=True, capture_output=True)
        yield stack
    finally:
        stack.remove()


def test_an_older_database_is_rehearsed_and_then_migrated_with_a_backup_beside_it(older: InstalledStack) -> None:
    spec = older.spec.read_bytes()
    older.declare(auth={"kind": "native", "admin_users": ["admin"], "username_pattern": "admin"})
    found = json.loads(older.inv("upgrade", "--rehearse", "--json", code=3).stdout)
    stopped = older.inv("upgrade", "--yes", code=3)
    older.spec.write_bytes(spec)

    assert [login["user"] for login in found["logins"]] == ["ada@example.org"]
    assert found["versions"]["database"][0] == OLDER != found["versions"]["database"][1]
    assert found["rehearsal"]["trouble"] == ""
    assert "somebody would lose something; nothing was changed" in stopped.stderr
    assert "login refused: ada@example.org" in stopped.stdout

    older.inv("upgrade", "--yes")

    assert {user["name"] for user in json.loads(older.inv("user.list", "--json").stdout)} == {
        "admin",
        "ada@example.org",
    }
    (backup,) = (older.state.parent / "state.backups").glob("*.tar")
    assert backup.stat().st_mode & 0o077 == 0
    assert older.inv("upgrade", "--to", "1.0", code=1).stderr.startswith("--to 1.0: target local runs the JupyterHub")

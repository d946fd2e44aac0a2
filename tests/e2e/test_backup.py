"""A hub with its users comes back from one file, on an empty machine and over one that runs."""

import json
import signal
import sqlite3
import stat
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from apply import backuparchive
from tests.e2e.stack import PASSWORD, InstalledStack, Person

UNKNOWN_REVISION = "f" * 12
"""A revision that no JupyterHub knows."""


class Lost(InstalledStack):
    """A stack with users, a group, a token and a named server's record, and its backup."""

    def fill(self, folder: Path) -> None:
        first = self.state / "secrets" / "first-password"
        self.inv("user.passwd", "admin", answer=PASSWORD + "\n")
        first.unlink(missing_ok=True)
        for name in ("alice", "ada@example.org"):
            self.inv("user.add", name, answer=PASSWORD + "\n")
        self.token = self.inv("token.get", "alice").stdout.strip()
        scopes = "admin:groups,admin:users,admin:servers"
        self.admin_token = self.inv("token.get", "admin", "--scopes", scopes).stdout.strip()
        assert self.ask_hub("groups/physics", "POST", self.admin_token).status_code == 201
        self.inv("server.start", "alice", "--name", "second")
        self.backup = folder / "backup.tar"
        self.said = self.inv("backup", "--out", str(self.backup)).stderr


@pytest.fixture(scope="module")
def lost(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lost]:
    """The tests come one after another over the same stack, which each of them puts back."""
    folder = tmp_path_factory.mktemp("lost")
    stack = Lost(folder)
    stack.install()
    try:
        stack.fill(folder)
        yield stack
    finally:
        stack.remove()


def names(stack: InstalledStack) -> set[str]:
    return {user["name"] for user in json.loads(stack.inv("user.list", "--json").stdout)}


def test_a_backup_says_what_is_not_in_it_and_holds_no_secret(lost: Lost) -> None:
    content = lost.backup.read_bytes()

    assert stat.S_IMODE(lost.backup.stat().st_mode) == 0o600
    assert str(lost.state / "homes" / "alice") in lost.said
    assert "everybody signs in again" in lost.said
    assert str(lost.state / "bao") in lost.said
    for secret in (lost.state / "secrets").iterdir():
        value = secret.read_bytes().strip()
        assert value not in content, secret.name
    assert lost.token.encode() not in content
    with tarfile.open(lost.backup) as archive:
        manifest = json.load(archive.extractfile("manifest.json"))  # type: ignore[arg-type]
    assert manifest["contents"]["users"] == 3
    assert set(manifest["secrets"]) == {path.name for path in (lost.state / "secrets").iterdir()}


def test_a_restore_over_what_runs_asks_first_and_keeps_what_was_there(lost: Lost) -> None:
    lost.inv("user.add", "later", answer=PASSWORD + "\n")

    refused = lost.inv("restore", str(lost.backup), code=1).stderr
    assert "needs an answer" in refused
    assert "later" in names(lost)

    lost.inv("restore", str(lost.backup), "--yes")
    assert names(lost) == {"admin", "alice", "ada@example.org"}
    (kept,) = (lost.state / "hub").glob("jupyterhub.sqlite.before-*")
    with sqlite3.connect(kept) as database:
        assert database.execute("SELECT count(*) FROM users WHERE name = 'later'").fetchone() == (1,)
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600


def test_a_restore_that_is_killed_can_be_repeated(lost: Lost) -> None:
    killed = lost.start("restore", str(lost.backup), "--yes")
    assert killed.stderr
    try:
        for line in killed.stderr:
            if "starting the hub with" in line:
                break
        killed.send_signal(signal.SIGKILL)
    finally:
        killed.kill()
        killed.communicate()

    lost.inv("restore", str(lost.backup), "--yes")

    assert lost.healthy()
    assert names(lost) == {"admin", "alice", "ada@example.org"}


def test_a_hub_that_does_not_come_up_gets_its_former_database_back(lost: Lost, tmp_path: Path) -> None:
    broken = _with_unknown_revision(lost.backup, tmp_path)

    failed = lost.inv("restore", str(broken), "--yes", code=1).stderr

    assert "the database from before is in place again, and the hub runs" in failed
    assert lost.healthy()
    assert names(lost) == {"admin", "alice", "ada@example.org"}


def test_a_backup_of_another_stack_or_a_newer_hub_is_refused(lost: Lost, tmp_path: Path) -> None:
    for manifest, words in (
        ({"stack": "other"}, "is of stack other (target local)"),
        ({"versions": {"jupyterhub": "99.0"}}, "is from jupyterhub 99.0"),
    ):
        path = tmp_path / f"{next(iter(manifest))}.tar"
        archive = backuparchive.read(lost.backup, tmp_path / path.stem)
        members = {name: archive.folder / name for name in archive.manifest["members"]}
        backuparchive.write(path, archive.manifest | manifest, members)

        assert words in lost.inv("restore", str(path), "--yes", code=1).stderr
    assert lost.healthy()


def test_users_tokens_groups_and_passwords_come_back_to_an_empty_machine(lost: Lost) -> None:
    spec = lost.spec.read_bytes()
    lost.remove()
    lost.spec.unlink()

    said = lost.inv("restore", str(lost.backup))
    lost.url = said.stdout.strip().rstrip("/")

    assert lost.spec.read_bytes() == spec
    assert "secret cookie-secret is another one than at the time of the backup: everybody signs in again" in said.stderr
    assert names(lost) == {"admin", "alice", "ada@example.org"}
    assert lost.ask_hub("user", token=lost.token).json()["name"] == "alice"
    assert [group["name"] for group in lost.ask_hub("groups", token=lost.admin_token).json()] == ["physics"]
    servers = lost.ask_hub("users/alice?include_stopped_servers", token=lost.admin_token).json()["servers"]
    assert set(servers) >= {"second"}
    assert Person(lost, "admin", PASSWORD).get("/hub/home").status_code == 200
    assert not (lost.state / "secrets" / "first-password").exists()


def _with_unknown_revision(backup: Path, folder: Path) -> Path:
    archive = backuparchive.read(backup, folder / "out")
    with sqlite3.connect(archive.database) as database:
        database.execute("UPDATE alembic_version SET version_num = ?", (UNKNOWN_REVISION,))
    members = {name: archive.folder / name for name in archive.manifest["members"]}
    path = folder / "broken.tar"
    backuparchive.write(path, archive.manifest, members)
    return path

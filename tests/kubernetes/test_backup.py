"""A hub on a cluster comes back from one file, with no right beyond those of the documented Role."""

import json
import sqlite3
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from apply import backuparchive
from tests.kubernetes.site import PASSWORD, Site, data_of
from tests.kubernetes.test_rights import ROLE, SETTLED, Limited, without


@pytest.fixture(scope="module")
def lost(tools: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Limited]:
    """Installed and used with the documented rights; the tests come one after another."""
    site = Limited(tmp_path_factory.mktemp("lost"))
    site.declare(**SETTLED)
    try:
        site.bind(ROLE["rules"])
        site.inv("install", "--yes")
        site.inv("user.passwd", "admin", answer=PASSWORD + "\n")
        site.add_user("ada@example.org")
        yield site
    finally:
        site.remove()


def names(site: Site) -> set[str]:
    return {user["name"] for user in json.loads(site.inv("user.list", "--json").stdout)}


def test_a_hub_comes_back_to_a_namespace_that_lost_everything(lost: Limited, tmp_path: Path) -> None:
    token = lost.inv("token.get", "ada@example.org").stdout.strip()
    backup = lost.folder / "backup.tar"
    said = lost.inv("backup", "--out", str(backup)).stderr
    assert "everybody signs in again" in said
    _holds_no_secret(lost, backup, token)
    lost.inv("user.add", "later", answer=PASSWORD + "\n")

    assert "needs an answer" in lost.inv("restore", str(backup), code=1).stderr
    lost.inv("restore", str(backup), "--yes")
    assert names(lost) == {"admin", "ada@example.org"}

    broken = _with_unknown_revision(backup, tmp_path)
    failed = lost.inv("restore", str(broken), "--yes", code=1).stderr
    assert "the database from before is in place again, and the hub runs" in failed
    assert names(lost) == {"admin", "ada@example.org"}
    assert json.loads(lost.inv("plan", "--json").stdout)["changes"] == []

    lost.inv("uninstall", "--purge", "--yes")
    lost.inv("restore", str(backup))

    assert names(lost) == {"admin", "ada@example.org"}
    assert data_of(lost, "buunstack-lab-first-login") == {}
    with lost.reached():
        assert lost.person("admin").get("/hub/home").status_code == 200
        assert (
            lost.person("ada@example.org")
            .session.get(f"{lost.url}/hub/api/user", headers={"Authorization": f"token {token}"}, timeout=30)
            .json()["name"]
            == "ada@example.org"
        )
    assert [pod for pod in lost.objects("pods") if "database" in pod["metadata"]["name"]] == []


def test_a_backup_needs_the_right_to_make_a_pod(lost: Limited) -> None:
    lost.bind(without("pods", "create"))
    try:
        assert "not permitted" in lost.inv("backup", "--out", str(lost.folder / "no.tar"), code=5).stderr
    finally:
        lost.bind(ROLE["rules"])
    assert not (lost.folder / "no.tar").exists()


def _holds_no_secret(site: Site, backup: Path, token: str) -> None:
    content = backup.read_bytes()
    for name in ("buunstack-lab-keys", "lab-admin-service-token"):
        for value in data_of(site, name).values():
            assert value.encode() not in content
    assert token.encode() not in content
    with tarfile.open(backup) as archive:
        assert "buunstack-lab-keys: cookie_secret" in json.load(archive.extractfile("manifest.json"))["secrets"]  # type: ignore[arg-type]


def _with_unknown_revision(backup: Path, folder: Path) -> Path:
    archive = backuparchive.read(backup, folder / "out")
    with sqlite3.connect(archive.database) as database:
        database.execute("UPDATE alembic_version SET version_num = 'ffffffffffff'")
    path = folder / "broken.tar"
    backuparchive.write(path, archive.manifest, {name: archive.folder / name for name in archive.manifest["members"]})
    return path

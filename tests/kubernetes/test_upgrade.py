"""From one version of the chart to the next: said before what it means, and with a way back."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from apply import backuparchive
from apply.charts import cache
from apply.cluster import ClusterTarget
from apply.clusterdatabase import ClusterDatabase
from apply.target import target
from tests.e2e.test_upgrade import DOWNGRADE, OLDER
from tests.kubernetes.site import CHART, PASSWORD, Site, chart_values, kept

FORMER = "4.2.0"
NEWEST = "4621fec11365"
"""The revision of JupyterHub 5; those of 4 end at the one before (jupyterhub/alembic/versions)."""
ADA, BOB = "ada@example.org", "bob@example.org"
BREAKING = """
import sqlite3
with sqlite3.connect("/srv/jupyterhub/jupyterhub.sqlite") as database:
    database.execute("DELETE FROM users WHERE name = 'bob@example.org'")
raise SystemExit("broken by a test")
"""


@pytest.fixture(scope="module")
def older(tools: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A stack of the former chart with users; each test leaves it as it was but the last."""
    if not (cache() / f"jupyterhub-{FORMER}.tgz").is_file():
        pytest.skip(f"chart jupyterhub {FORMER} is not in the cache (~/.cache/buunstack/charts)")
    site = Site(tmp_path_factory.mktemp("older"))
    site.environment["XDG_STATE_HOME"] = str(site.folder / "state")
    site.declare(chart={"version": FORMER})
    try:
        site.inv("install", "--yes")
        for name in (ADA, BOB):
            site.add_user(name)
        yield site
    finally:
        site.remove()


def leave_home(site: Site, claim: str, owner: str) -> None:
    metadata: dict[str, Any] = {"name": claim, "labels": {"component": "singleuser-storage", "release": "lab"}}
    if owner:
        metadata["annotations"] = {"hub.jupyter.org/username": owner}
    spec = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Mi"}}}
    body = {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": metadata, "spec": spec}
    site.kube.create(f"/api/v1/namespaces/{site.namespace}/persistentvolumeclaims", body)


def names(site: Site) -> set[str]:
    return {user["name"] for user in json.loads(site.inv("user.list", "--json").stdout)}


def runs(site: Site) -> str:
    """The version of the chart that the hub is of."""
    (hub,) = (one for one in site.objects("deployments", "/apis/apps/v1") if one["metadata"]["name"] == "hub")
    return str(hub["metadata"]["labels"]["helm.sh/chart"])


def test_a_rehearsal_names_everybody_who_would_lose_something(older: Site) -> None:
    """A home whose claim has the name of earlier versions is found by the user's name on it, or not at all."""
    claims = {"claim-ada-40example-2eorg": "", "claim-bob-40example-2eorg": BOB}
    for claim, owner in claims.items():
        leave_home(older, claim, owner)
    before, spec = kept(older), older.spec.read_bytes()
    try:
        values = chart_values() | {"proxyPublic": {"service": {}}}
        older.declare(
            chart={"version": FORMER},
            auth={"kind": "native", "admin_users": ["admin"], "username_pattern": "admin|ada.*"},
            chart_values=values,
        )
        found = json.loads(older.inv("upgrade", "--to", CHART, "--rehearse", "--json", code=3).stdout)
        said = older.inv("upgrade", "--to", CHART, "--rehearse", code=3).stdout
    finally:
        older.spec.write_bytes(spec)
        for claim in claims:
            older.kube.delete(f"/api/v1/namespaces/{older.namespace}/persistentvolumeclaims/{claim}")

    homes = {home["user"]: home for home in found["homes"]}
    assert homes[ADA]["outcome"] == "empty"
    assert homes[ADA]["claim"] == "claim-ada-40example-2eorg"
    assert homes[ADA]["wanted"].startswith("claim-ada-example-org---")
    assert homes[BOB]["outcome"] == "found"
    assert f"{ADA}: a new, empty home" in said
    assert [login["user"] for login in found["logins"]] == [BOB]
    assert any("the chart knows no value proxyPublic" in setting for setting in found["settings"])
    assert found["versions"]["chart"] == [FORMER, CHART]
    assert found["rehearsal"]["seconds"] > 0
    assert found["rehearsal"]["hub_seconds"] > 0
    assert found["loses"] is True
    assert kept(older) == before
    assert older.objects("networkpolicies", "/apis/networking.k8s.io/v1", "buunstack/kind") == []


def test_an_upgrade_that_fails_goes_back_and_the_next_one_keeps_everything(older: Site) -> None:
    token = older.inv("token.get", ADA).stdout.strip()
    older.inv("server.start", ADA)
    spec = older.spec.read_text()
    broken = chart_values()
    broken["hub"]["extraConfig"] = {"broken": BREAKING}
    older.declare(chart={"version": FORMER}, chart_values=broken)

    failed = older.inv("upgrade", "--to", CHART, "--yes", code=1).stderr

    assert f"chart {FORMER} runs again, with the database from before the upgrade" in failed
    assert names(older) == {"admin", ADA, BOB}
    assert runs(older) == f"jupyterhub-{FORMER}"
    assert FORMER in older.spec.read_text()

    older.spec.write_text(f"# kept by the platform team\n{spec}")
    servers = [pod["metadata"]["uid"] for pod in older.objects("pods", selector="component=singleuser-server")]
    homes = [claim["metadata"]["uid"] for claim in older.objects("persistentvolumeclaims")]
    database = _aged(older, *_backups(older))
    rehearsed = json.loads(older.inv("upgrade", "--to", CHART, "--rehearse", "--json").stdout)
    assert rehearsed["versions"]["database"] == [OLDER, NEWEST]
    assert rehearsed["rehearsal"]["seconds"] > 0
    assert rehearsed["rehearsal"]["trouble"] == ""
    older.inv("upgrade", "--to", CHART, "--yes")

    assert older.spec.read_text() == f"# kept by the platform team\n{spec.replace(FORMER, CHART)}"
    assert runs(older) == f"jupyterhub-{CHART}"
    assert names(older) == {"admin", ADA, BOB}
    assert [pod["metadata"]["uid"] for pod in older.objects("pods", selector="component=singleuser-server")] == servers
    assert [claim["metadata"]["uid"] for claim in older.objects("persistentvolumeclaims")] == homes
    with older.reached():
        answer = older.person(ADA, PASSWORD).session.get(
            f"{older.url}/hub/api/user", headers={"Authorization": f"token {token}"}, timeout=30
        )
    assert answer.json()["name"] == ADA
    assert json.loads(older.inv("server.list", "--user", ADA, "--json").stdout)[0]["state"] == "ready"
    backups = _backups(older)
    assert len(backups) == 2
    assert all(backup.stat().st_mode & 0o077 == 0 for backup in backups)
    database.copy(older.folder / "migrated.sqlite")
    assert database.described(older.folder / "migrated.sqlite")["revisions"] == [NEWEST]


def _aged(site: Site, backup: Path) -> ClusterDatabase:
    """The hub stopped, and the database of the backup in place as one of JupyterHub 4; the next hub finds it so.

    No node has a hub of that version: JupyterHub's own way back stands in for what it would have left.
    """
    found = target(str(site.spec), None)
    assert isinstance(found, ClusterTarget)
    database, folder = ClusterDatabase(found), site.folder / "aged"
    folder.mkdir()
    file = backuparchive.read(backup, folder).database
    subprocess.run([sys.executable, "-c", DOWNGRADE, str(file), OLDER], check=True, capture_output=True)
    database.stop_hub(lambda _: None)
    database.place(file, lambda _: None)
    return database


def _backups(site: Site) -> list[Path]:
    return sorted((site.folder / "state" / "buunstack" / "lab.backups").glob("*.tar"))

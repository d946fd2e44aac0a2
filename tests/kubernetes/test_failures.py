"""What goes wrong on a cluster: each failure names its cause, the old state runs on, the next install mends it."""

import signal
from typing import Any

import pytest

from tests.e2e.stack import eventually
from tests.kubernetes.site import IMAGES, Site, chart_values, profile

TIMEOUT = "25s"


def broken(**hub: Any) -> dict[str, Any]:
    """The chart's values with something in them that cannot work."""
    values = chart_values()
    values["hub"] |= hub
    return values


UPGRADES: dict[str, tuple[dict[str, Any], tuple[str, ...]]] = {
    "an image that is not there": (
        broken(image={"name": "local/nobody", "tag": "1", "pullPolicy": "Never"}),
        ("image local/nobody:1 cannot be pulled (ErrImageNeverPull)", "check the image's name and tag"),
    ),
    "a hub that ends": (
        broken(extraConfig={"broken": "raise SystemExit('a sentence of tests')"}),
        ("container hub ends with exit code 1", "a sentence of tests"),
    ),
    "a node that nobody has": (
        broken(nodeSelector={"lab.internal/nobody": "yes"}),
        ("no node takes it", "add a node that has them"),
    ),
    "a pod that asks for more than is allowed": (
        broken(containerSecurityContext={"allowPrivilegeEscalation": True}),
        ("its pods are refused", "violates PodSecurity", "allowPrivilegeEscalation"),
    ),
}


@pytest.mark.parametrize("name", UPGRADES)
def test_a_broken_upgrade_names_its_cause_and_leaves_the_old_state_running(name: str, installed: Site) -> None:
    values, words = UPGRADES[name]
    generations = installed.inv("history").stdout
    target = {**installed.content["target"], "timeout": TIMEOUT}
    # The other release changes as well, so that there is something to take back.
    installed.declare(chart_values=values, target=target, monitoring={"enabled": False})

    said = installed.inv("install", "--yes", code=None)

    assert said.returncode in (1, 6)
    for word in words:
        assert word in said.stderr
    assert "what ran before runs on" in said.stderr
    assert installed.inv("history").stdout == generations
    installed.declare()
    eventually(lambda: all(part["state"] == "ready" for part in installed.status()["parts"]), "the old state runs", 60)
    assert [change for change in installed.plan()["changes"] if change["action"] in ("create", "remove")] == []
    installed.inv("install", "--yes")


def test_a_quota_that_is_used_up_is_named_and_so_is_a_way_back_that_it_closes(installed: Site) -> None:
    """One pod less than there are: neither the new hub nor the old one gets its place again."""
    path = f"/api/v1/namespaces/{installed.namespace}/resourcequotas"
    quota = {
        "apiVersion": "v1",
        "kind": "ResourceQuota",
        "metadata": {"name": "small"},
        "spec": {"hard": {"pods": "1"}},
    }
    installed.kube.create(path, quota)
    eventually(lambda: (installed.kube.get(f"{path}/small") or {}).get("status", {}).get("used"), "the quota counts")
    target = {**installed.content["target"], "timeout": TIMEOUT}
    installed.declare(hub={"host": "hub.lab.internal", "title": "Another one"}, target=target)

    said = installed.inv("install", "--yes", code=6).stderr

    installed.kube.delete(f"{path}/small")
    assert "a quota is used up" in said
    assert "raise the ResourceQuota" in said
    assert "Helm could not take release lab back to revision" in said
    installed.declare()
    installed.inv("install", "--yes")


def test_a_first_install_that_fails_leaves_only_what_it_says(site: Site) -> None:
    site.declare(
        chart_values=broken(image={"name": "local/nobody", "tag": "1", "pullPolicy": "Never"}),
        target={**site.content["target"], "timeout": TIMEOUT},
    )

    said = site.inv("install", "--yes", code=1).stderr

    assert "nothing of it is left but the namespace and its secrets" in said
    assert site.objects("deployments", "/apis/apps/v1") == []
    left = sorted(one["metadata"]["name"] for one in site.objects("secrets"))
    assert left == ["buunstack-lab-keys", "lab-admin-service-token"]
    site.declare()
    site.inv("install", "--yes")


FIRST = (
    "release lab-extras: applying",
    "release lab: applying",
    ": starting",
    "release lab is healthy",
    "administrator admin can sign in",
    "the login page answers",
)
"""What an install says, in its order."""


def test_an_install_that_is_killed_at_any_moment_is_finished_by_the_next(site: Site) -> None:
    for moment in FIRST:
        _kill_at(site, moment)
    site.inv("install", "--yes")
    assert site.plan()["changes"] == []

    for moment in FIRST[1:3]:
        site.declare(hub={"host": "hub.lab.internal", "title": f"After {len(moment)} letters"})
        _kill_at(site, moment)
    site.inv("install", "--yes")

    assert site.plan()["changes"] == []
    assert {release["state"] for release in site.status()["releases"]} == {"deployed"}
    assert site.inv("install").stderr.startswith("nothing changed")


def _kill_at(site: Site, moment: str) -> None:
    begun = site.start("install", "--yes")
    assert begun.stdout is not None
    said = []
    for line in begun.stdout:
        said.append(line)
        if moment in line:
            break
    begun.send_signal(signal.SIGKILL)
    begun.wait(30)
    begun.stdout.close()
    assert moment in said[-1], f"{moment!r} was never said: {''.join(said)}"


def test_two_installs_at_once_wait_for_each_other_and_apply_once(site: Site) -> None:
    first, second = site.start("install", "--yes"), site.start("install", "--yes")
    said = [process.communicate(timeout=200)[0] for process in (first, second)]

    assert [process.returncode for process in (first, second)] == [0, 0], said
    assert any("waiting for another command on this stack: inv install by" in text for text in said)
    assert [release["revision"] for release in site.status()["releases"]] == [1, 1]
    assert site.inv("history").stdout.count("\n") == 2


def test_a_server_that_cannot_start_is_named_by_its_pod(site: Site) -> None:
    lab = profile(default=True)
    lab["pod"]["image"] = "local/nobody:1"
    site.declare(profiles={"datascience": {"enabled": False}, "lab": lab}, target={**site.content["target"]})
    values = chart_values()
    values["singleuser"] = {"startTimeout": 20}
    site.declare(profiles=site.content["profiles"], chart_values=values)

    said = site.inv("install", "--yes", "--prove", "spawn", code=6).stderr

    assert "image local/nobody:1 cannot be pulled" in said
    assert "the releases are applied; what comes after them is not done" in said
    assert site.objects("persistentvolumeclaims", selector="component=singleuser-storage") == []
    assert IMAGES[2] not in said

"""What a stack on a cluster costs, against Helm on the same release and values in one run."""

import json
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from apply.charts import cache
from tests.bench.commands import large_spec
from tests.bench.measure import QUIET, ratio, rounds
from tests.bench.report import Report
from tests.bench.running import timed
from tests.e2e.stack import ROOT
from tests.kubernetes.site import CHART, Site, chart_is_there, chart_values

ROUNDS = 9
NO_OP_GOAL, PLAN_GOAL, LINEAR_GOAL, MEMORY_GOAL_MIB = 0.2, 0.5, 2.4, 100
TIMEOUT_SECONDS, BACK_SECONDS = 25, 10
PEERS = ("just", "gomplate", "helmfile")
_RENDER = """
import resource, sys
from pathlib import Path
from render.artifacts import render
from spec.load import load
render(load(Path(sys.argv[1])))
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def measure_rendering(report: Report) -> None:
    """200 profiles against 100, and the memory they take; the tools of other ways where they are."""
    with tempfile.TemporaryDirectory() as folder:
        commands = {}
        for count in (100, 200):
            path = Path(folder) / f"{count}.yaml"
            path.write_text(large_spec(count) + "vault: {enabled: false}\n")
            commands[f"rendering {count} profiles"] = [sys.executable, "-c", _RENDER, str(path)]
        costs = rounds(commands, ROUNDS, ROOT)
        large, small = "rendering 200 profiles", "rendering 100 profiles"
        found = (ratio(costs, large, small, "cpu"), ratio(costs, large, small, "wall"))
        report.ratio(large, small, *found, LINEAR_GOAL, quiet=True)
        done = subprocess.run(commands[large], cwd=ROOT, capture_output=True, text=True, check=True)
        report.mebibytes("memory of rendering 200 profiles", int(done.stdout) / 1024, MEMORY_GOAL_MIB)
    for peer in PEERS:
        if not shutil.which(peer):
            report.skipped(f"rendering against {peer}", f"{peer} is not on this machine")


def measure_cluster(report: Report) -> None:
    """An unchanged install and a plan against Helm; what they write; a broken upgrade's way back."""
    helm = os.environ.get("HELM") or shutil.which("helm")
    if not (os.environ.get("KUBECONFIG") and helm and chart_is_there()):
        report.skipped("a stack on a cluster", "KUBECONFIG, Helm, or the z2jh chart in the cache is not there")
        return
    with tempfile.TemporaryDirectory() as folder:
        site = Site(Path(folder))
        try:
            report.seconds("inv install on a cluster, images there", timed(lambda: site.inv("install", "--yes")), 30)
            _against_helm(report, site, helm, Path(folder))
            _broken_upgrade(report, site)
        finally:
            site.remove()


def _against_helm(report: Report, site: Site, helm: str, folder: Path) -> None:
    """Helm's own release has the same values and keys in a namespace of its own."""
    other = f"bench-{secrets.token_hex(4)}"
    values = folder / "values.json"
    found = subprocess.run(
        [helm, "get", "values", "lab", f"--namespace={site.namespace}", "--output=json"],
        capture_output=True,
        text=True,
        check=True,
    )
    values.touch(0o600)
    values.write_text(found.stdout)
    chart = str(cache() / f"jupyterhub-{CHART}.tgz")
    upgrade = [helm, "upgrade", "--install", "lab", chart, f"--namespace={other}", f"--values={values}"]
    site.kube.create("/api/v1/namespaces", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": other}})
    try:
        subprocess.run([*upgrade, "--wait", "--timeout=2m"], capture_output=True, check=True)
        before = _counts(site)
        commands = {
            "inv install, unchanged, on a cluster": site.command("install"),
            "inv plan of a live stack": site.command("plan"),
            "helm upgrade --install, unchanged": upgrade,
            "helm upgrade --dry-run=server": [*upgrade, "--dry-run=server"],
            "helm upgrade --dry-run=server again": [*upgrade, "--dry-run=server"],
        }
        costs = rounds(commands, ROUNDS, ROOT)
        again = ratio(costs, "helm upgrade --dry-run=server again", "helm upgrade --dry-run=server", "wall").median
        quiet = QUIET[0] <= again <= QUIET[1]
        for name, base, goal in (
            ("inv install, unchanged, on a cluster", "helm upgrade --install, unchanged", NO_OP_GOAL),
            ("inv plan of a live stack", "helm upgrade --dry-run=server", PLAN_GOAL),
        ):
            pair = (ratio(costs, name, base, "cpu"), ratio(costs, name, base, "wall"))
            report.ratio(name, base, *pair, goal, quiet, judged="wall")
        for what, number in _counts(site).items():
            report.count(f"{what} that {ROUNDS + 1} unchanged installs have made", number - before[what], 0)
    finally:
        site.kube.delete(f"/api/v1/namespaces/{other}")


def _counts(site: Site) -> dict[str, int]:
    deployments = site.objects("deployments", "/apis/apps/v1")
    pods = site.objects("pods")
    return {
        "revisions and generations": len(site.objects("secrets")),
        "changes of a Deployment": sum(item["metadata"]["generation"] for item in deployments),
        "restarts": sum(one["restartCount"] for pod in pods for one in pod["status"]["containerStatuses"]),
    }


def _broken_upgrade(report: Report, site: Site) -> None:
    values: dict[str, Any] = chart_values()
    values["hub"]["image"] = {"name": "local/nobody", "tag": "1", "pullPolicy": "Never"}
    site.declare(chart_values=values, target={**site.content["target"], "timeout": f"{TIMEOUT_SECONDS}s"})
    said = {}

    def broken() -> None:
        said["text"] = site.inv("install", "--yes", code=1).stderr

    taken = timed(broken)
    report.seconds("a broken upgrade until the old state runs again", taken, TIMEOUT_SECONDS + BACK_SECONDS)
    report.count("causes of it that are named", json.dumps(said).count("ErrImageNeverPull") and 1, 1)

"""Another chart's JupyterHub on a copy of the hub's database, in a pod that reaches nothing."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from apply import databasepod, losses
from apply.chartschema import schema_problems
from apply.databasepod import Work
from apply.kube import Object
from apply.losses import Claim, Report
from apply.observation import glance, observe
from apply.scratch import scratch
from apply.spawned import HOMES, owner
from apply.target import Tell
from render.cluster import JUPYTERHUB
from render.hubfiles import file_key
from render.storage import HOME_TEMPLATE
from render.values import merged
from spec.errors import StackError
from spec.load import document_of

if TYPE_CHECKING:
    from apply.charts import Chart
    from apply.cluster import ClusterTarget
    from apply.clusterrescue import ClusterRescue

_SERVER = "hub.jupyter.org/servername"
_MANAGER = "buunstack"


def rehearse(found: "ClusterRescue", new: "ClusterTarget", tell: Tell) -> Report:
    """What an upgrade would mean; the running hub is only read.

    Args:
        new: the same stack with the other version of the chart.

    Raises:
        StackError: nothing is installed, or the chart is not to be had.
    """
    artifacts = new.artifacts_there()
    chart, values = new.releases(tell).z2jh(artifacts)
    wanted = json.loads(artifacts[values])
    whole = merged(chart.values(), wanted)
    with scratch() as folder:
        copy = folder / "jupyterhub.sqlite"
        tell("copying the hub's database")
        found.database.copy(copy)
        inside = found.database.described(copy)
        seen = _seen(new, copy, whole, tell)
    before = observe(found.target.kube, found.target.stack, glance(found.target.kube, found.target.stack)).before
    of_before = _settings(json.loads(before[JUPYTERHUB])) if before else {}
    dynamic = new.stack.storage.kind == "dynamic"
    problems = schema_problems(chart, wanted, new.stack, document_of(new.file)) if new.stack.chart_values else []
    return Report(
        seen,
        _versions(found.target.stack.chart.version, chart, seen),
        losses.homes(seen["names"], inside["servers"], _claims(found)) if dynamic else [],
        losses.logins(of_before, _settings(wanted), inside["users"]),
        [f"{problem.file}:{problem.line}:{problem.column}: {problem.message}" for problem in problems],
        [] if dynamic else ["homes are folders of one volume, whose names this cannot see: compare them by hand"],
    )


def _versions(before: str, chart: "Chart", seen: dict[str, Any]) -> dict[str, list[str]]:
    revisions = [",".join(seen["before"]), ",".join(seen["after"])]
    return {"chart": [before, str(chart.facts().get("version"))], "database": revisions}


def _seen(new: "ClusterTarget", copy: Path, values: dict[str, Any], tell: Tell) -> dict[str, Any]:
    image = values["hub"]["image"]
    name = f"buunstack-{new.stack.name}-rehearsal"
    work = Work(
        name=name,
        stack=new.stack.name,
        image={
            "image": f"{image['name']}:{image['tag']}",
            "imagePullPolicy": image.get("pullPolicy") or "IfNotPresent",
        },
        place={key: values[key] for key in ("imagePullSecrets",) if values.get(key)},
    )
    policies = f"/apis/networking.k8s.io/v1/namespaces/{new.namespace}/networkpolicies"
    new.kube.apply(f"{policies}/{name}", _closed(name, work), _MANAGER)
    try:
        tell(f"rehearsing with {work.image['image']} on the copy")
        with databasepod.running(new.kube, new.namespace, work) as pod:
            pod.bring(copy)
            return pod.ask("rehearse", template=HOME_TEMPLATE, slug_scheme=_scheme(values))
    finally:
        new.kube.delete(f"{policies}/{name}")


def _closed(name: str, work: Work) -> Object:
    """Nothing comes in and nothing goes out; a forwarded port is the pod's own loopback."""
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": name},
        "spec": {"podSelector": {"matchLabels": work.labels()}, "policyTypes": ["Ingress", "Egress"]},
    }


def _scheme(values: dict[str, Any]) -> str:
    return str((values["hub"]["config"].get("KubeSpawner") or {}).get("slug_scheme", "safe"))


def _settings(values: dict[str, Any]) -> dict[str, Any]:
    """The hub's settings as the chart brings them."""
    found: dict[str, Any] = json.loads(values["hub"]["extraFiles"][file_key("buunstack/settings.json")]["stringData"])
    return found


def _claims(found: "ClusterRescue") -> list[Claim]:
    path = f"/api/v1/namespaces/{found.target.namespace}/persistentvolumeclaims"
    items = found.target.kube.items(path, HOMES, metadata=True)
    return [
        Claim(
            item["metadata"]["name"],
            owner(item),
            str((item["metadata"].get("annotations") or {}).get(_SERVER, "")),
        )
        for item in items
        if not item["metadata"].get("deletionTimestamp")
    ]


def with_chart(target: "ClusterTarget", version: str) -> "ClusterTarget":
    """The same stack with another version of the chart.

    Raises:
        StackError: the stack file names the chart itself.
    """
    from msgspec.structs import replace

    from apply.cluster import ClusterTarget

    chart = target.stack.chart
    if not version:
        raise StackError("which version of the chart? nothing was changed", hint="--to 4.4.0")
    if chart.source and not chart.source.startswith("oci://"):
        raise StackError(f"chart.source names {chart.source}, whose version is its own", hint="change chart.source")
    return ClusterTarget(replace(target.stack, chart=replace(chart, version=version)), target.file)

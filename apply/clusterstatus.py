"""What runs in a cluster: releases, pods, users' servers, their logs."""

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from apply import console
from apply.causes import causes, progress
from apply.kube import Kube, at_once, segment
from apply.observation import glance, replicas
from apply.rollout import records
from apply.spawned import SERVERS, owner
from render.extras import release_name
from render.renewer import RENEWER
from spec.errors import StackError, TargetUnreachable

if TYPE_CHECKING:
    from apply.cluster import ClusterTarget

_FOLLOW_SECONDS = 1.0
_CONTAINERS = {"hub": ("hub", "hub"), "proxy": ("proxy", "chp"), "renewer": ("hub", RENEWER)}
"""Part -> the component of its pod, and the container, as the z2jh chart calls them."""


def show_status(target: "ClusterTarget", as_json: bool) -> None:
    """Print releases, pods and servers.

    Raises:
        TargetUnreachable: something that should run does not.
    """
    found = _status(target)
    if as_json:
        console.result_json(found)
    else:
        console.result(_text(found))
    down = [part["name"] for part in found["parts"] if part["state"] != "ready"]
    if down or not found["parts"]:
        what = f"not ready: {', '.join(down)}" if down else "neither hub nor proxy is there"
        raise TargetUnreachable(what, hint="inv install --repair puts right what differs; inv logs hub shows more")


def show_log(target: "ClusterTarget", part: str, follow: bool, lines: int) -> None:
    """Print the last lines of `hub`, `proxy`, `renewer`, or of a user's server.

    Raises:
        StackError: there is no such pod.
    """
    pod, container = _pod_of(target, part)
    path = f"/api/v1/namespaces/{target.namespace}/pods/{segment(pod)}/log?container={segment(container)}"
    shown = target.kube.text(f"{path}&tailLines={int(lines)}")
    if shown:
        console.result(shown)
    since = time.time()
    while follow:
        time.sleep(_FOLLOW_SECONDS)
        now = time.time()
        # A line may come twice around a second; a line that is lost would be worse.
        if grown := target.kube.text(f"{path}&sinceSeconds={max(1, round(now - since))}"):
            console.result(grown)
        since = now


def running_url(target: "ClusterTarget") -> str:
    """The address of the stack that runs.

    Raises:
        StackError: none does.
    """
    if not glance(target.kube, target.stack).workloads:
        raise StackError(f"no stack {target.stack.name} runs in namespace {target.namespace}", hint="inv install")
    return target.url()


def _status(target: "ClusterTarget") -> dict[str, Any]:
    core = f"/api/v1/namespaces/{target.namespace}"
    own = f"release={target.stack.name}"
    pods, events, of_helm = at_once(
        (
            lambda: target.kube.items(f"{core}/pods", own),
            lambda: target.kube.items(f"{core}/events"),
            lambda: target.kube.items(f"{core}/secrets", "owner=helm", metadata=True),
        ),
    )
    seen = glance(target.kube, target.stack)
    servers = [pod for pod in pods if pod["metadata"]["labels"].get("component") == "singleuser-server"]
    last = seen.generations[-1] if seen.generations else None
    return {
        "name": target.stack.name,
        "url": target.url(),
        "namespace": target.namespace,
        "generation": None if last is None else {"number": last.number, **_shown(last.summary)},
        "releases": [_release(of_helm, name) for name in (release_name(target.stack), target.stack.name)],
        "parts": [_part(item, pods, events) for item in seen.workloads],
        "servers": [_server(pod, events) for pod in servers],
    }


def _shown(summary: dict[str, Any]) -> dict[str, Any]:
    return {key: summary[key] for key in ("time", "by", "why")}


def _release(of_helm: list[dict[str, Any]], name: str) -> dict[str, Any]:
    found = records(of_helm, name)
    revision, status, _ = found[-1] if found else (0, "not installed", {})
    return {"name": name, "revision": revision, "state": status}


def _part(workload: dict[str, Any], pods: list[dict[str, Any]], events: list[dict[str, Any]]) -> dict[str, Any]:
    name = workload["metadata"]["name"]
    ready, wanted = replicas(workload)
    component = workload["metadata"]["labels"].get("component", name)
    mine = [pod for pod in pods if pod["metadata"]["labels"].get("component") == component]
    restarts = sum(one.get("restartCount", 0) for pod in mine for one in pod["status"].get("containerStatuses", []))
    return {
        "name": name,
        "state": "ready" if ready == wanted else f"{ready} of {wanted} ready",
        "restarts": restarts,
        "causes": [f"{cause.pod}: {cause.message}" for cause in causes(mine, events, [], datetime.now(UTC))],
    }


def _server(pod: dict[str, Any], events: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "user": owner(pod),
        "pod": pod["metadata"]["name"],
        "state": "".join(progress([pod])).partition(": ")[2] or "ending",
        "node": pod["spec"].get("nodeName", ""),
        "causes": [cause.message for cause in causes([pod], events, [], datetime.now(UTC))],
    }


def _text(found: dict[str, Any]) -> str:
    parts = [(part["name"], part["state"], str(part["restarts"])) for part in found["parts"]]
    releases = ", ".join(f"{one['name']} {one['state']} ({one['revision']})" for one in found["releases"])
    lines = [
        f"{found['name']} at {found['url']} in namespace {found['namespace']}",
        f"releases: {releases}",
        console.table(("PART", "STATE", "RESTARTS"), parts),
    ]
    lines += [f"  {cause}" for part in found["parts"] for cause in part["causes"]]
    servers = [(one["user"], one["state"], one["node"], one["pod"]) for one in found["servers"]]
    lines.append(console.table(("USER", "STATE", "NODE", "POD"), servers) if servers else "servers: none")
    lines += [f"  {one['user']}: {cause}" for one in found["servers"] for cause in one["causes"]]
    return "\n".join(lines)


def _pod_of(target: "ClusterTarget", part: str) -> tuple[str, str]:
    """The pod of a part or of a user's server, and its container."""
    path = f"/api/v1/namespaces/{target.namespace}/pods"
    if part in _CONTAINERS:
        component, container = _CONTAINERS[part]
        pods = target.kube.items(path, f"component={component},release={target.stack.name}", metadata=True)
    else:
        pods = _servers_of(target.kube, path, target.stack.name, part)
        container = "notebook"
    if not pods:
        message = f"there is no {part} in namespace {target.namespace}, neither a part nor a user with a server"
        raise StackError(message, hint="hub, proxy, renewer, or a user of inv status")
    newest = max(pods, key=lambda pod: str(pod["metadata"]["creationTimestamp"]))
    return str(newest["metadata"]["name"]), container


def _servers_of(kube: Kube, path: str, stack: str, user: str) -> list[dict[str, Any]]:
    found = kube.items(path, f"{SERVERS},release={stack}", metadata=True)
    return [pod for pod in found if owner(pod) == user]

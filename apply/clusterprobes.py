"""The questions of `inv doctor` to a cluster: its objects, the hub, the ways in; nothing is changed."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from apply import certificates, clusterhub, clustervaultprobes, prerequisites
from apply.causes import causes
from apply.clusterplan import namespace_changes
from apply.clusterseen import ClusterSeen, External, PodFault
from apply.declared import DECLARED
from apply.hubapi import TokenRefused
from apply.keycloakobjects import LAYER as LOGIN
from apply.kube import Kube, Object, at_once
from apply.looking import Look
from apply.machineseen import CertificateSeen
from apply.observation import Observed, glance, observe, replicas
from apply.plan import Change
from apply.rollout import records
from apply.spawned import owner
from apply.target import Options, Tell
from apply.vaultobjects import LAYER as VAULT
from render.artifacts import Artifacts
from render.cluster import NEEDS
from render.extras import keys_secret, release_name
from render.hubfiles import layout
from render.needs import EXTERNAL_SECRETS
from spec.errors import StackError, TargetUnreachable

if TYPE_CHECKING:
    from apply.cluster import ClusterTarget

_ELSEWHERE = {VAULT, LOGIN, "namespace", "secrets"}
"""Layers of a plan that other rules judge."""
_TIMEOUT_SECONDS = 5.0
_WORKLOADS = ("replicasets", "statefulsets", "daemonsets")
_EDITED = (
    "what the stack is made of has changed since the last install (its file, or what settings of `auto` find in the "
    "cluster), so objects were not compared: inv plan shows what differs"
)


def observed(target: "ClusterTarget", tell: Tell) -> ClusterSeen:
    """Everything that can be seen.

    Raises:
        StackError: no stack is installed.
    """
    tell("doctor: the cluster's objects")
    try:
        seen = glance(target.kube, target.stack)
    except TargetUnreachable as error:
        return ClusterSeen(failure=error.message)
    if seen.namespace is None or not (seen.generations or seen.workloads):
        raise StackError(f"no stack {target.stack.name} is installed in {target.namespace}", hint="inv install")
    look = Look()
    artifacts = target.artifacts_there()
    live = observe(target.kube, target.stack, seen)
    found = look.at("pods", lambda: _of_objects(target, live, artifacts), ClusterSeen())
    needs: tuple[tuple[str, str, str], ...] = look.at(
        "what the stack needs", lambda: _needs(target, artifacts, look), ()
    )
    found = replace(found, needs=needs, certificate=look.at("its certificate", lambda: _certificate(target), None))
    found = replace(found, nodes=look.at("nodes", lambda: _nodes(target.kube), ()))
    found = replace(found, drift=look.at("objects", lambda: _drift(target, artifacts, live, look), ()))
    tell("doctor: the hub")
    found = _of_hub(target, look, found)
    tell("doctor: Vault")
    vault = look.at("Vault", lambda: clustervaultprobes.observed(target, artifacts, look.unseen), None)
    return replace(found, vault=vault, unseen=tuple(look.unseen))


def _of_objects(target: "ClusterTarget", live: Observed, artifacts: Artifacts) -> ClusterSeen:
    core = f"/api/v1/namespaces/{target.namespace}"
    apps = f"/apis/apps/v1/namespaces/{target.namespace}"
    external = f"/apis/{EXTERNAL_SECRETS}/namespaces/{target.namespace}/externalsecrets"
    kube = target.kube
    pods, events, claims, quotas, secrets, externals, *workloads = at_once(
        (
            lambda: kube.items(f"{core}/pods"),
            lambda: kube.items(f"{core}/events"),
            lambda: kube.items(f"{core}/persistentvolumeclaims"),
            lambda: kube.items(f"{core}/resourcequotas"),
            lambda: kube.items(f"{core}/secrets", metadata=True),
            lambda: kube.items(external),
            *(_lister(kube, f"{apps}/{kind}") for kind in _WORKLOADS),
        )
    )
    names = {secret["metadata"]["name"] for secret in secrets}
    deployments = [(item["metadata"]["name"], *replicas(item)) for item in live.glance.workloads]
    own = (keys_secret(target.stack.name), layout(target.stack).service_secret, "hub")
    labels = (detail for change in namespace_changes(artifacts, live.glance) for detail in change.details)
    return ClusterSeen(
        releases=tuple(_release(live, name) for name in (release_name(target.stack), target.stack.name)),
        labels=tuple(labels),
        faults=tuple(_faults(pods, events, [item for kind in workloads for item in kind])),
        scaled_down=tuple(name for name, _, wanted in deployments if not wanted),
        unready=tuple(name for name, ready, wanted in deployments if ready < wanted),
        claims=tuple(_unbound(claims)),
        quotas=tuple(_used_up(quotas)),
        missing_secrets=tuple(name for name in own if name not in names),
        externals=tuple(map(_external, externals)),
    )


def _lister(kube: Kube, path: str) -> Callable[[], list[Object]]:
    """Each with its kind, which items of a list do not tell."""
    kind = {"replicasets": "ReplicaSet", "statefulsets": "StatefulSet", "daemonsets": "DaemonSet"}
    return lambda: [item | {"kind": kind[path.rpartition("/")[2]]} for item in kube.items(path)]


def _faults(pods: list[Object], events: list[Object], workloads: list[Object]) -> Iterator[PodFault]:
    owners = {pod["metadata"]["name"]: owner(pod) for pod in pods}
    told = set()
    for cause in causes(pods, events, workloads, datetime.now(UTC)):
        if (cause.pod, cause.kind) not in told:
            told.add((cause.pod, cause.kind))
            yield PodFault(cause, owners.get(cause.pod, ""))


def _release(live: Observed, name: str) -> tuple[str, str]:
    found = records(live.records, name)
    return name, found[-1][1] if found else "not installed"


def _unbound(claims: list[Object]) -> Iterator[tuple[str, str]]:
    for claim in claims:
        phase = claim.get("status", {}).get("phase", "Pending")
        if phase != "Bound":
            yield claim["metadata"]["name"], phase


def _used_up(quotas: list[Object]) -> Iterator[str]:
    for quota in quotas:
        status = quota.get("status", {})
        for name, most in (status.get("hard") or {}).items():
            if most != "0" and (status.get("used") or {}).get(name) == most:
                yield f"{quota['metadata']['name']}: {name} {most} of {most}"


def _external(item: Object) -> External:
    name = item["metadata"]["name"]
    conditions = {one["type"]: one for one in item.get("status", {}).get("conditions", [])}
    ready = conditions.get("Ready")
    if ready is None:
        return External(name, None)
    return External(name, ready["status"] == "True", " ".join(str(ready.get("message", "")).split())[:200])


def _needs(target: "ClusterTarget", artifacts: Artifacts, look: Look) -> tuple[tuple[str, str, str], ...]:
    needs = json.loads(artifacts[NEEDS])
    kinds = {need["message"]: need["kind"] for need in needs}
    found = prerequisites.absent(target.kube, target.namespace, needs)
    look.unseen += [f"{one.path}: {one.message}" for one in found if one.message not in kinds]
    return tuple((kinds[one.message], one.message, one.hint) for one in found if one.message in kinds)


def _nodes(kube: Kube) -> tuple[tuple[str, str], ...]:
    """Why each of them takes no pods; empty as soon as one does."""
    found = []
    for node in kube.items("/api/v1/nodes"):
        ready = any(one["type"] == "Ready" and one["status"] == "True" for one in node["status"].get("conditions", []))
        cordoned = node["spec"].get("unschedulable")
        if ready and not cordoned:
            return ()
        found.append((node["metadata"]["name"], "it is cordoned" if cordoned else "it is not ready"))
    return tuple(found)


def _drift(target: "ClusterTarget", artifacts: Artifacts, live: Observed, look: Look) -> tuple[Change, ...]:
    applied = {name: text for name, text in live.before.items() if name != DECLARED}
    if artifacts != applied:
        look.unseen.append(_EDITED)
        return ()
    found = target.planned(artifacts, live, Options(repair=True), lambda _words: None).changes
    # The release itself is told of by Helm's record.
    return tuple(one for one in found if one.layer not in _ELSEWHERE and not one.what.startswith("release "))


def _certificate(target: "ClusterTarget") -> CertificateSeen | None:
    name = target.stack.ingress.tls_secret
    if target.stack.ingress.kind == "none" or not name:
        return None
    secret = target.kube.get(f"/api/v1/namespaces/{target.namespace}/secrets/{name}")
    return None if secret is None else certificates.in_secret(name, secret.get("data") or {})


def _of_hub(target: "ClusterTarget", look: Look, found: ClusterSeen) -> ClusterSeen:
    fault, refused, problems = _asked(target)
    page, public = look.at("the login page", lambda: _pages(target), ("", ""))
    return replace(
        found, hub_fault=fault, token_refused=refused, problems=problems, page_fault=page, public_fault=public
    )


def _asked(target: "ClusterTarget") -> tuple[str, bool, tuple[str, ...]]:
    """(why the API cannot be used, whether it is the token, what the hub says of itself)."""
    try:
        with target.hub() as hub:
            hub.timeout_seconds = _TIMEOUT_SECONDS
            return "", False, tuple(hub.health())
    except TokenRefused as error:
        return error.message, True, ()
    except StackError as error:
        return error.message, False, ()


def _pages(target: "ClusterTarget") -> tuple[str, str]:
    """Why the login page does not come: (through the proxy, at the public address)."""
    public = ""
    try:
        if target.stack.ingress.kind != "none":
            with target.reach() as reach:
                public = reach.note if reach.broken else ""
        return clusterhub.page_fault(target, _TIMEOUT_SECONDS), public
    except StackError as error:
        return error.message, public

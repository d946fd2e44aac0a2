"""What of a stack is in its cluster, read with few requests over few connections; changes nothing."""

from dataclasses import dataclass, field
from typing import Any

from apply import generations
from apply.generations import STACK, Generation
from apply.keys import Keys
from apply.keys import read as read_keys
from apply.kube import Kube, Object, Refused, at_once, has_api, has_resource
from apply.rollout import records
from apply.spawned import HOMES, owner
from render.artifacts import Artifacts
from render.extras import keys_secret
from render.found import Found
from render.hubfiles import layout
from render.needs import EXTERNAL_SECRETS, MONITORING
from render.profiles import GPU
from spec.model import Stack
from spec.ways import has_lasting_token


@dataclass(frozen=True)
class Glance:
    """What tells whether there is anything to do: one request for each layer."""

    namespace: Object | None
    secrets: list[Object]
    """Metadata of the stack's own Secrets, Helm's records among them."""
    workloads: list[Object]
    """The Deployments of the z2jh release."""

    @property
    def generations(self) -> list[Generation]:
        """What was applied, oldest first."""
        return generations.of(self.secrets)


@dataclass(frozen=True)
class Observed:
    """The live state of one stack."""

    glance: Glance
    records: list[Object]
    """Metadata of every Helm record of the namespace, also of releases that were made by hand."""
    keys: Keys = field(default_factory=dict, repr=False)
    of_chart: Object | None = field(default=None, repr=False)
    """The chart's own Secret, where there is one."""
    service_token: Object | None = field(default=None, repr=False)
    """The Secret with the token of the admin service."""
    homes: dict[str, str] = field(default_factory=dict)
    """Claim -> the user whose home it is."""
    kube_version: str = ""
    before: Artifacts = field(default_factory=dict, repr=False)
    """What the last generation was made from."""

    def revision(self, release: str) -> int:
        """The newest revision of a release; 0 when there is none."""
        found = records(self.records, release)
        return found[-1][0] if found else 0


def glance(kube: Kube, stack: Stack) -> Glance:
    """Look.

    Raises:
        Refused: a right is missing.
        TargetUnreachable: the API server does not answer.
    """
    core = f"/api/v1/namespaces/{stack.target.namespace}"
    deployments = f"/apis/apps/v1/namespaces/{stack.target.namespace}/deployments"
    readers = (
        lambda: kube.get(core),
        lambda: kube.items(f"{core}/secrets", f"{STACK}={stack.name}", metadata=True),
        lambda: kube.items(deployments, f"app.kubernetes.io/instance={stack.name}"),
    )
    return Glance(*at_once(readers))


def discover(kube: Kube, stack: Stack) -> Found:
    """What settings that say `auto` follow; nothing else is asked for."""
    gpu, monitoring, external_secrets = at_once(
        (
            lambda: stack.gpu.enabled == "auto" and _has_gpus(kube),
            lambda: stack.monitoring.enabled == "auto" and has_api(kube, MONITORING),
            lambda: has_operator(kube, stack),
        )
    )
    return Found(gpu=gpu, monitoring=monitoring, external_secrets=external_secrets)


def has_operator(kube: Kube, stack: Stack) -> bool:
    """Whether an operator is there to bring tokens from Vault; only looked for where one is asked to.

    A hub whose token lasts needs the store that is named: a plan says when it lacks. Else it is taken where it is.
    """
    store = stack.vault.admin_token.secret_store
    if not stack.vault.enabled or store is None or not has_api(kube, EXTERNAL_SECRETS):
        return False
    return has_lasting_token(stack.vault) or _has_store(kube, store)


def _has_store(kube: Kube, name: str) -> bool:
    try:
        return kube.get(f"/apis/{EXTERNAL_SECRETS}/clustersecretstores/{name}") is not None
    except Refused as refusal:
        if refusal.status != 403:
            raise
        return False


def _has_gpus(kube: Kube) -> bool:
    try:
        return has_resource(kube, GPU)
    except Refused as refusal:
        if refusal.status != 403:
            raise
        message = f"gpu.enabled is auto, so the nodes are looked at: {refusal.message}"
        hint = "say gpu.enabled: true or false, which asks for no right to list nodes"
        raise Refused(refusal.status, refusal.reason, message, hint) from refusal


def replicas(workload: Object) -> tuple[int, int]:
    """(ready, wanted) pods of a Deployment."""
    return int(workload.get("status", {}).get("readyReplicas", 0)), int(workload["spec"].get("replicas", 1))


def observe(kube: Kube, stack: Stack, seen: Glance) -> Observed:
    """Read the rest of what a plan needs."""
    core = f"/api/v1/namespaces/{stack.target.namespace}"
    last = seen.generations[-1] if seen.generations else None
    readers = (
        lambda: kube.items(f"{core}/secrets", "owner=helm", metadata=True),
        lambda: kube.get(f"{core}/secrets/{keys_secret(stack.name)}"),
        lambda: kube.get(f"{core}/secrets/hub"),
        lambda: kube.get(f"{core}/secrets/{layout(stack).service_secret}"),
        lambda: kube.items(f"{core}/persistentvolumeclaims", HOMES, metadata=True),
        lambda: kube.get("/version"),
        lambda: generations.artifacts(kube, stack.target.namespace, last) if last else {},
    )
    of_helm, kept, of_chart, service_token, homes, version, before = at_once(readers)
    return Observed(
        glance=seen,
        records=of_helm,
        keys=read_keys(kept),
        of_chart=of_chart,
        service_token=service_token,
        homes={item["metadata"]["name"]: owner(item) or "nobody" for item in homes},
        kube_version=str((version or {}).get("gitVersion", "")),
        before=before,
    )


def workloads(stack: Stack, seen: Glance) -> dict[str, Any]:
    """What must stay as it is: a change by hand raises a generation, a fault lowers what is ready."""
    found: dict[str, Any] = {}
    for item in seen.workloads:
        ready, wanted = replicas(item)
        found[item["metadata"]["name"]] = [item["metadata"]["generation"], ready == wanted]
    for item in seen.secrets:
        if item["metadata"]["name"] == keys_secret(stack.name):
            found["keys"] = item["metadata"]["resourceVersion"]
    return found

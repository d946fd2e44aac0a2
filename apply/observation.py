"""What of a stack is in its cluster, read with few requests over few connections; changes nothing."""

from dataclasses import dataclass, field
from typing import Any

from apply import generations, keys
from apply.generations import STACK, Generation
from apply.kube import Kube, Object, in_parallel
from render.extras import keys_secret
from spec.model import Stack

GPU = "nvidia.com/gpu"
MONITORING = "monitoring.coreos.com/v1"
_HOMES = "component=singleuser-storage"
"""The label KubeSpawner gives to the claims it makes for users."""


@dataclass(frozen=True)
class Observed:
    """The live state of one stack."""

    namespace: Object | None
    secrets: list[Object] = field(default_factory=list)
    """Metadata of the stack's own Secrets, Helm's records among them."""
    keys: keys.Keys = field(default_factory=dict, repr=False)
    of_chart: Object | None = field(default=None, repr=False)
    """The chart's own Secret, where there is one."""
    homes: list[Object] = field(default_factory=list)
    """Metadata of users' claims."""
    kube_version: str = ""
    gpus: bool = False
    monitoring: bool = False

    @property
    def generations(self) -> list[Generation]:
        """What was applied, oldest first."""
        return generations.of(self.secrets)


def observe(kube: Kube, stack: Stack) -> Observed:
    """Read it all.

    Raises:
        Refused: a right is missing.
        TargetUnreachable: the API server does not answer.
    """
    core = f"/api/v1/namespaces/{stack.target.namespace}"
    own = f"{core}/secrets/{keys_secret(stack.name)}"
    readers = (
        lambda: kube.get(core),
        lambda: kube.items(f"{core}/secrets", f"{STACK}={stack.name}", metadata=True),
        lambda: kube.get(own),
        lambda: kube.get(f"{core}/secrets/hub"),
        lambda: kube.items(f"{core}/persistentvolumeclaims", _HOMES, metadata=True),
        lambda: kube.get("/version"),
        lambda: gpus(kube, stack),
        lambda: monitoring(kube, stack),
    )
    namespace, secrets, own_keys, of_chart, homes, version, gpu, monitored = in_parallel(_called, readers)
    return Observed(
        namespace=namespace,
        secrets=secrets,
        keys=keys.read(own_keys),
        of_chart=of_chart,
        homes=homes,
        kube_version=str((version or {}).get("gitVersion", "")),
        gpus=gpu,
        monitoring=monitored,
    )


def gpus(kube: Kube, stack: Stack) -> bool:
    """Whether a node has a GPU to give; asked only where the stack follows what is found."""
    if stack.gpu.enabled != "auto":
        return False
    nodes = kube.items("/api/v1/nodes")
    return any(int(node["status"].get("allocatable", {}).get(GPU, "0")) > 0 for node in nodes)


def monitoring(kube: Kube, stack: Stack) -> bool:
    """Whether the cluster knows Prometheus' objects; asked only where the stack follows what is found."""
    return stack.monitoring.enabled == "auto" and kube.get(f"/apis/{MONITORING}") is not None


def _called(reader: Any) -> Any:
    return reader()

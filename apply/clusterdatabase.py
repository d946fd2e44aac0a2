"""The hub's database on a cluster: a file in a claim, reached by a pod beside the hub."""

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from apply import clusterhub, clusterproof, databaseprogram
from apply.causes import is_ready
from apply.databasepod import DatabasePod, Work, running
from apply.kube import Object
from apply.rollout import Watch
from apply.target import Tell
from spec.errors import StackError
from spec.quantities import seconds

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from apply.cluster import ClusterTarget

_MANAGER = "buunstack-database"
_DATABASE = "/srv/jupyterhub/jupyterhub.sqlite"
_VOLUME, _CONTAINER = "pvc", "hub"
"""As the z2jh chart calls them (templates/hub/deployment.yaml, files/hub/jupyterhub_config.py)."""
_STOP_SECONDS, _PAUSE_SECONDS = 120, 0.5


class ClusterDatabase:
    """Of one stack."""

    def __init__(self, target: "ClusterTarget") -> None:
        """Touches nothing yet."""
        self._target, self._kube, self._namespace = target, target.kube, target.namespace

    def copy(self, to: Path) -> None:
        """Write a consistent copy, also while the hub runs.

        Raises:
            StackError: there is none, or the pod that reads it does not start.
        """
        with self._pod() as pod:
            pod.fetch(to)

    def described(self, copy: Path) -> dict[str, Any]:
        """What is in a copy."""
        return databaseprogram.described(copy)

    def stop_servers(self, tell: Tell) -> None:
        """End all users' servers: by the hub, which alone revokes their tokens."""
        from apply import servers

        if any(is_ready(pod) for pod in self._hubs()):
            with self._target.hub() as hub:
                servers.stop_all(hub, tell)

    def stop_hub(self, tell: Tell) -> None:
        """End the hub; users' servers go on.

        Raises:
            StackError: it does not end.
        """
        self._scale(0)
        until = time.monotonic() + _STOP_SECONDS
        while self._hubs():
            if time.monotonic() > until:
                raise StackError("the hub's pod does not end", hint="kubectl describe it, then run this again")
            tell("waiting for the hub's pod to end")
            time.sleep(_PAUSE_SECONDS)

    def start_hub(self, tell: Tell) -> None:
        """Start it, and wait until it answers as the installed one.

        Raises:
            StackError: it does not come up; the message says why.
        """
        self._scale(1)
        watch = Watch(self._kube, self._namespace, tell)
        until = time.monotonic() + seconds(self._target.stack.target.timeout)
        while not any(is_ready(pod) for pod in self._hubs()):
            if watch.hopeless() or time.monotonic() > until:
                raise StackError(f"the hub does not come up\n{watch.text()}", hint="inv logs hub")
            time.sleep(_PAUSE_SECONDS)
        with self._target.hub() as hub:
            hub.names()
        with clusterhub.proxy(self._target) as address:
            clusterproof.await_login_page(address)

    def place(self, new: Path, _tell: Tell, /) -> str:
        """Put a database in place; the name of the one that was there, which is kept in the claim."""
        with self._pod() as pod:
            pod.bring(new)
            return str(pod.ask("place")["kept"])

    def put_back(self, kept: str, _tell: Tell, /) -> None:
        """Put a kept one in place again."""
        with self._pod() as pod:
            pod.ask("put-back", kept=kept)

    def _pod(self) -> "AbstractContextManager[DatabasePod]":
        """Where the hub's pod is, since a claim of one node's can be mounted there alone."""
        spec = self._deployment()["spec"]["template"]["spec"]
        claims = {volume["name"]: volume.get("persistentVolumeClaim") for volume in spec["volumes"]}
        container = next(one for one in spec["containers"] if one["name"] == _CONTAINER)
        if not claims.get(_VOLUME):
            message = "the hub's database is not in the chart's claim (chart_values: hub.db), so this cannot reach it"
            raise StackError(f"{message}; nothing was changed", hint="keep it with the tools of its own server")
        mount = next(one for one in container["volumeMounts"] if one["name"] == _VOLUME)
        place = {key: spec[key] for key in ("imagePullSecrets", "tolerations", "nodeSelector") if spec.get(key)}
        nodes = [pod["spec"]["nodeName"] for pod in self._hubs() if pod["spec"].get("nodeName")]
        work = Work(
            name=f"buunstack-{self._target.stack.name}-database",
            stack=self._target.stack.name,
            image={"image": container["image"], "imagePullPolicy": container["imagePullPolicy"]},
            place=place | (_on(nodes[0]) if nodes else {}),
            mount=mount,
            claim=claims[_VOLUME]["claimName"],
            database=_DATABASE,
        )
        return running(self._kube, self._namespace, work)

    def _scale(self, replicas: int) -> None:
        body = {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {"name": "hub"},
            "spec": {"replicas": replicas},
        }
        self._deployment()
        self._kube.apply(self._path(), body, _MANAGER)

    def _deployment(self) -> Object:
        found = self._kube.get(self._path())
        if found is None:
            raise StackError(f"no hub is installed in namespace {self._namespace}", hint="inv install")
        return found

    def _path(self) -> str:
        return f"/apis/apps/v1/namespaces/{self._namespace}/deployments/hub"

    def _hubs(self) -> list[Object]:
        selector = f"component=hub,release={self._target.stack.name}"
        return self._kube.items(f"/api/v1/namespaces/{self._namespace}/pods", selector)


def _on(node: str) -> dict[str, Any]:
    """The pod of a node, by the scheduler's own way, so that taints and room are heeded."""
    field = {"key": "metadata.name", "operator": "In", "values": [node]}
    terms = {"nodeSelectorTerms": [{"matchFields": [field]}]}
    return {"affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": terms}}}

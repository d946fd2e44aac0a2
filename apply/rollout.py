"""One Helm release brought to what is wanted: earlier failures put right first, pods watched, causes named."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from apply.causes import Cause, causes, progress
from apply.helm import Helm, Release
from apply.kube import Kube, in_parallel, segment
from spec.errors import StackError

_PATIENCE_SECONDS = 20
"""How long a fault that waiting cannot mend must stand before the roll-out is given up: one look may be too early."""
_LOG_LINES = 6
_NO_LOG = "unable to retrieve container logs"
"""What a kubelet answers, with status 200, for a container that is removed already."""
_WORKLOADS = ("ReplicaSet", "DaemonSet", "StatefulSet")

Tell = Callable[[str], None]


class Watch:
    """The pods of a namespace during a roll-out: tells what they do, remembers why they do not come up."""

    def __init__(self, kube: Kube, namespace: str, tell: Tell) -> None:
        """Looks when asked."""
        self._kube, self._namespace, self._tell = kube, namespace, tell
        self._told: list[str] = []
        self._since: float | None = None
        self._logs: dict[str, list[str]] = {}
        self.causes: list[Cause] = []
        """What stood at the last look that found anything."""

    def hopeless(self) -> bool:
        """Look once; whether waiting longer cannot help. An API server that is away for a moment is no reason."""
        try:
            pods, events, workloads = self._look()
        except StackError:
            return False
        lines = progress(pods)
        for line in lines:
            if line not in self._told:
                self._tell(line)
        self._told = lines
        found = causes(pods, events, workloads, datetime.now(UTC))
        # A probe fails at each start, also of what Helm puts back: that hides no other cause.
        if any(map(_lasts, found)) or not any(map(_lasts, self.causes)):
            self.causes = found or self.causes
        for cause in found:  # now: the pod goes when Helm goes back
            self._logs[cause.pod] = self._log(cause) or self._logs.get(cause.pod, [])
        if not any(cause.final for cause in found):
            self._since = None
            return False
        self._since = self._since or time.monotonic()
        return time.monotonic() - self._since > _PATIENCE_SECONDS

    def text(self) -> str:
        """The causes for people, a crashed container with its last lines."""
        lines = []
        for cause in self.causes:
            lines.append(f"  {cause.pod}: {cause.message}")
            lines += [f"    | {line[:300]}" for line in self._logs.get(cause.pod, [])]
            lines.append(f"    hint: {cause.hint}")
        return "\n".join(dict.fromkeys(lines))

    def _look(self) -> tuple[list[dict[str, Any]], list[dict[str, Any]], list[dict[str, Any]]]:
        core, apps = f"/api/v1/namespaces/{self._namespace}", f"/apis/apps/v1/namespaces/{self._namespace}"
        paths = [f"{core}/pods", f"{core}/events", *(f"{apps}/{kind.lower()}s" for kind in _WORKLOADS)]
        pods, events, *workloads = in_parallel(self._kube.items, paths)
        # A user's server has no owner: what becomes of it says nothing about a release.
        pods = [pod for pod in pods if pod["metadata"].get("ownerReferences")]
        # The items of a list do not say their kind.
        named = [item | {"kind": kind} for kind, found in zip(_WORKLOADS, workloads, strict=True) for item in found]
        return pods, events, named

    def _log(self, cause: Cause) -> list[str]:
        if cause.kind != "crash":
            return []
        query = f"?container={segment(cause.container)}&tailLines={_LOG_LINES}"
        path = f"/api/v1/namespaces/{self._namespace}/pods/{segment(cause.pod)}/log{query}"
        try:
            texts = [self._kube.text(f"{path}&previous=true"), self._kube.text(path)]
        except StackError:
            return []
        said = [text for text in texts if text.strip() and not text.startswith(_NO_LOG)]
        return said[0].strip().splitlines() if said else []


def _lasts(cause: Cause) -> bool:
    return cause.kind != "probe"


def records(secrets: list[dict[str, Any]], name: str) -> list[tuple[int, str, dict[str, str]]]:
    """(revision, status, labels) of a release, oldest first, from the labels of Helm's Secrets."""
    found = []
    for item in secrets:
        labels = item["metadata"].get("labels", {})
        if labels.get("owner") == "helm" and labels.get("name") == name:
            found.append((int(labels["version"]), str(labels["status"]), labels))
    return sorted(found, key=lambda record: record[0])


def recover(helm: Helm, namespace: str, name: str, found: list[tuple[int, str, dict[str, str]]], tell: Tell) -> None:
    """Put right what a killed or failed Helm left: back to the last good revision, or away where there is none."""
    if not found or found[-1][1] == "deployed":
        return
    good = [revision for revision, status, _ in found if status in ("deployed", "superseded")]
    if found[-1][1] == "failed" and any(status == "deployed" for _, status, _ in found):
        return  # an upgrade goes on from the deployed one
    tell(f"release {name} was left {found[-1][1]} by an earlier command; putting it right")
    if good and found[-1][1] != "uninstalling":
        helm.rollback(name, namespace, good[-1], wait=False)
    else:
        helm.uninstall(name, namespace)


def roll_out(kube: Kube, helm: Helm, release: Release, timeout: str, labels: dict[str, str], tell: Tell) -> None:
    """Upgrade one release and wait until it is healthy.

    Raises:
        StackError: it did not come up; the message names the pods and why. Helm has gone back to the state before.
    """
    watch = Watch(kube, release.namespace, tell)
    tell(f"release {release.name}: applying")
    said = helm.upgrade(release, timeout, labels, watch.hopeless)
    if said is None:
        tell(f"release {release.name} is healthy")
        return
    why = watch.text()
    message = f"release {release.name} did not come up\n{why or said}"
    raise StackError(message, "put it right in stack.yaml or in the cluster, then run inv install again")

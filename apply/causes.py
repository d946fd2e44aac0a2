"""Why a roll-out does not come up, from the raw objects of its namespace: what Helm's own error does not name. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

Object = dict[str, Any]

_LONGEST_FOREIGN_TEXT = 256
_CRASHES = 3
"""Restarts after which a container is not just slow to find what it needs."""
_LATE = timedelta(seconds=30)
"""How long after its grace period a pod is still just slow to end."""
_IMAGE_FINAL = {"ErrImageNeverPull", "InvalidImageName", "ErrInvalidImageName"}
_IMAGE = {*_IMAGE_FINAL, "ErrImagePull", "ImagePullBackOff", "RegistryUnavailable"}
_CONFIG = {"CreateContainerConfigError", "CreateContainerError", "RunContainerError"}
_NOT_BOUND = {"FailedBinding", "ProvisioningFailed"}
_NO_MOUNT = {"FailedMount", "FailedAttachVolume"}
_NO_SANDBOX = "FailedCreatePodSandBox"
_NO_HANDLER = "no runtime for"
"""How containerd and CRI-O begin the refusal of a RuntimeClass whose handler the node does not have."""
_IMAGE_HINT = "check the image's name and tag, and that the nodes may pull it (images.pull_secrets)"


@dataclass(frozen=True)
class Cause:
    """One reason, of one pod or of the workload that cannot make its pods."""

    pod: str
    container: str
    """Empty when it is not of one container."""
    kind: str
    """image, crash, probe, config, unschedulable, claim, volume, runtime, terminating, quota or admission."""
    message: str
    hint: str
    final: bool
    """Whether waiting longer cannot help."""


def causes(pods: list[Object], events: list[Object], workloads: list[Object], now: datetime) -> list[Cause]:
    """The reasons that hold now, final ones first; events of what is gone do not count."""
    living = [pod for pod in pods if not pod["metadata"].get("deletionTimestamp")]
    found = [cause for pod in pods for cause in _stuck(pod, now)]
    found += [cause for pod in living for cause in _of_pod(pod, _about(pod, events))]
    found += [cause for pod in living for cause in _of_claims(pod, events)]
    found += [cause for workload in workloads if _lacks_pods(workload) for cause in _unmade(workload, events)]
    return sorted(dict.fromkeys(found), key=lambda cause: (not cause.final, cause.pod))


def is_ready(pod: Object) -> bool:
    """Whether it answers, as Kubernetes sees it."""
    conditions = pod.get("status", {}).get("conditions", [])
    return any(found["type"] == "Ready" and found["status"] == "True" for found in conditions)


def progress(pods: list[Object]) -> list[str]:
    """What each pod does now, a line each."""
    living = [pod for pod in pods if not pod["metadata"].get("deletionTimestamp")]
    return [f"{pod['metadata']['name']}: {_state(pod)}" for pod in living]


def _state(pod: Object) -> str:
    if is_ready(pod):
        return "ready"
    if not pod["spec"].get("nodeName"):
        return "waiting for a node"
    for container in _containers(pod):
        waiting = container.get("state", {}).get("waiting", {}).get("reason", "")
        if waiting in _IMAGE:
            return f"image {container['image']} is not there"
        if waiting == "CrashLoopBackOff":
            return f"container {container['name']} ends again and again"
    running = [container for container in _containers(pod) if "running" in container.get("state", {})]
    return "starting" if running else "pulling images"


def _of_pod(pod: Object, events: list[Object]) -> Iterator[Cause]:
    name = pod["metadata"]["name"]
    for condition in pod.get("status", {}).get("conditions", []):
        if condition["type"] == "PodScheduled" and condition.get("reason") == "Unschedulable":
            said = _short(condition.get("message"))
            hint = "lower the guarantees of cpu, memory or gpu, or add a node that has them"
            yield Cause(name, "", "unschedulable", f"no node takes it: {said}", hint, False)
    for container in _containers(pod):
        yield from _of_container(name, container)
    for event in events:
        reason, said = event.get("reason"), _short(event.get("message"))
        if reason in _NO_MOUNT and not _runs(pod):
            yield Cause(name, "", "volume", f"a volume cannot be mounted: {said}", "is what it names there?", False)
        elif reason == _NO_SANDBOX and not _runs(pod):
            yield _unmade_sandbox(name, said)
        elif reason == "Unhealthy" and _runs(pod) and not is_ready(pod):
            hint = "what it listens on and how long it takes to start decide this; inv logs shows what it says"
            yield Cause(name, "", "probe", f"it runs, but a probe fails: {said}", hint, False)


def _unmade_sandbox(name: str, said: str) -> Cause:
    if _NO_HANDLER in said:
        hint = "install the runtime on that node, or correct gpu.runtime_class"
        return Cause(name, "", "runtime", f"its node lacks the runtime of its RuntimeClass: {said}", hint, False)
    return Cause(name, "", "config", f"its sandbox cannot be made: {said}", "look at that node's network", False)


def _of_claims(pod: Object, events: list[Object]) -> Iterator[Cause]:
    """Why a claim that the pod waits for is not bound: only the claim's own events tell."""
    if pod["spec"].get("nodeName"):
        return
    volumes = pod["spec"].get("volumes", [])
    wanted = {volume["persistentVolumeClaim"]["claimName"] for volume in volumes if "persistentVolumeClaim" in volume}
    for event in events:
        about = event.get("involvedObject", {})
        if about.get("kind") != "PersistentVolumeClaim" or about.get("name") not in wanted:
            continue
        if event.get("reason") in _NOT_BOUND:
            message = f"its claim {about['name']} is not bound: {_short(event.get('message'))}"
            hint = "name a StorageClass that makes volumes (storage.class_name), or make the volume"
            yield Cause(pod["metadata"]["name"], "", "claim", message, hint, False)


def _stuck(pod: Object, now: datetime) -> Iterator[Cause]:
    """A pod that does not end holds its volume and, where a Deployment makes anew, its successor."""
    due = pod["metadata"].get("deletionTimestamp")
    if not due or now - datetime.fromisoformat(due).astimezone(UTC) < _LATE:
        return
    if pod.get("status", {}).get("phase") in ("Succeeded", "Failed"):
        return
    node = pod["spec"].get("nodeName", "none")
    message = f"it should have ended at {due}, and its node {node} does not say that it has"
    hint = "look whether that node is there (kubectl get nodes); what it held is not free before"
    yield Cause(pod["metadata"]["name"], "", "terminating", message, hint, False)


def _of_container(pod: str, container: Object) -> Iterator[Cause]:
    name, image = container["name"], container["image"]
    waiting = container.get("state", {}).get("waiting", {})
    reason, said = waiting.get("reason", ""), _short(waiting.get("message"))
    if reason in _IMAGE:
        message = f"image {image} cannot be pulled ({reason}): {said}"
        yield Cause(pod, name, "image", message, _IMAGE_HINT, reason in _IMAGE_FINAL)
    elif reason in _CONFIG:
        message = f"container {name} cannot be made ({reason}): {said}"
        yield Cause(pod, name, "config", message, "make what it names, then run inv install again", True)
    ended = container.get("lastState", {}).get("terminated") or container.get("state", {}).get("terminated") or {}
    if not container.get("ready") and ended.get("exitCode"):
        restarts = int(container.get("restartCount", 0))
        how = "was ended for using too much memory" if ended.get("reason") == "OOMKilled" else "ends"
        message = f"container {name} {how} with exit code {ended['exitCode']}, {restarts} restarts"
        hint = "raise its memory" if ended.get("reason") == "OOMKilled" else "its last lines say why"
        yield Cause(pod, name, "crash", message, hint, restarts >= _CRASHES)


def _unmade(workload: Object, events: list[Object]) -> Iterator[Cause]:
    """Why a workload's pods are not even made: only its own events tell."""
    name = f"{workload['kind']} {workload['metadata']['name']}"
    for event in _about(workload, events):
        if event.get("reason") != "FailedCreate":
            continue
        said = _short(event.get("message"))
        if "exceeded quota" in said:
            yield Cause(name, "", "quota", f"a quota is used up: {said}", "raise the ResourceQuota", True)
        elif "RuntimeClass" in said and "not found" in said:
            hint = "correct gpu.runtime_class, or let the stack make it (gpu.create_runtime_class)"
            yield Cause(name, "", "runtime", f"its RuntimeClass is not there: {said}", hint, True)
        else:
            yield Cause(name, "", "admission", f"its pods are refused: {said}", "change what is refused", True)


def _lacks_pods(workload: Object) -> bool:
    status = workload.get("status", {})
    if "desiredNumberScheduled" in status:
        return int(status["currentNumberScheduled"]) < int(status["desiredNumberScheduled"])
    return int(status.get("replicas", 0)) < int(workload["spec"].get("replicas", 1))


def _about(item: Object, events: list[Object]) -> list[Object]:
    """By the object's identity: a name may be another's by now."""
    uid = item["metadata"]["uid"]
    return [event for event in events if event.get("involvedObject", {}).get("uid") == uid]


def _containers(pod: Object) -> list[Object]:
    status = pod.get("status", {})
    return [*status.get("initContainerStatuses", []), *status.get("containerStatuses", [])]


def _runs(pod: Object) -> bool:
    return any("running" in container.get("state", {}) for container in _containers(pod))


def _short(text: str | None) -> str:
    plain = "".join(character if character.isprintable() else " " for character in text or "")
    return " ".join(plain.split())[:_LONGEST_FOREIGN_TEXT]

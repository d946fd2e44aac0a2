"""How a stack in a cluster is hurt: on its real objects, and undone at the end of each body."""

import base64
import contextlib
import copy
import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from apply.kube import Refused
from tests.e2e.localinjuries import lasting
from tests.e2e.test_tls import Authority
from tests.kubernetes.ingress import HOST
from tests.kubernetes.site import Site
from tests.openbao import OpenBao, free_port

APPS, RBAC, NETWORK = "/apis/apps/v1", "/apis/rbac.authorization.k8s.io/v1", "/apis/networking.k8s.io/v1"
EXTERNAL = "/apis/external-secrets.io/v1"
GPU = "nvidia.com/gpu"


@dataclass
class Patient:
    """An installed stack, and the Vault that its users' secrets are in."""

    site: Site
    bao: OpenBao
    folder: Path

    def path(self, kind: str, name: str = "", group: str = "/api/v1") -> str:
        """Of an object in the namespace, or of all of its kind."""
        return f"{group}/namespaces/{self.site.namespace}/{kind}" + (f"/{name}" if name else "")

    def read(self, path: str) -> dict[str, Any]:
        found = self.site.kube.get(path)
        assert found is not None, path
        return found


Fault = Callable[[Patient], AbstractContextManager[None]]


@contextlib.contextmanager
def edited(patient: Patient, path: str, change: Callable[[dict[str, Any]], None]) -> Iterator[None]:
    """An object changed by hand."""
    before = patient.read(path)
    after = copy.deepcopy(before)
    change(after)
    patient.site.kube.replace(path, after)
    yield
    version = patient.read(path)["metadata"]["resourceVersion"]
    before["metadata"]["resourceVersion"] = version
    patient.site.kube.replace(path, before)


def edit(kind: str, name: str, change: Callable[[dict[str, Any]], None], group: str = "/api/v1") -> Fault:
    return lambda patient: edited(patient, patient.path(kind, name, group), change)


def deployment(name: str, change: Callable[[dict[str, Any]], None]) -> Fault:
    """Of the pods' specification."""
    return edit("deployments", name, lambda body: change(body["spec"]["template"]["spec"]), APPS)


def container(name: str, **fields: Any) -> Fault:
    return deployment(name, lambda spec: spec["containers"][0].update(fields))


@contextlib.contextmanager
def removed(patient: Patient, path: str) -> Iterator[None]:
    before = patient.read(path)
    patient.site.kube.delete(path)
    yield
    for field in ("uid", "resourceVersion", "creationTimestamp"):
        before["metadata"].pop(field, None)
    patient.site.kube.create(path.rpartition("/")[0], before)


def remove(kind: str, name: str, group: str = "/api/v1") -> Fault:
    return lambda patient: removed(patient, patient.path(kind, name, group))


@contextlib.contextmanager
def created(patient: Patient, path: str, body: dict[str, Any]) -> Iterator[None]:
    patient.site.kube.create(path, body)
    yield
    patient.site.kube.delete(f"{path}/{body['metadata']['name']}", grace_seconds=0)


def create(kind: str, body: dict[str, Any], group: str = "/api/v1") -> Fault:
    version = group.removeprefix("/apis/").removeprefix("/api/")
    return lambda patient: created(patient, patient.path(kind, "", group), {"apiVersion": version, **body})


def claim(name: str, storage_class: str) -> Fault:
    resources = {"requests": {"storage": "1Mi"}}
    spec = {"accessModes": ["ReadWriteMany"], "resources": resources, "storageClassName": storage_class}
    body = {"kind": "PersistentVolumeClaim", "metadata": {"name": name}, "spec": spec}
    return create("persistentvolumeclaims", body)


def server_body(
    volumes: list[dict[str, Any]] | None = None, spec: dict[str, Any] | None = None, **of_container: Any
) -> dict[str, Any]:
    """The pod of a user's server, as KubeSpawner labels it."""
    security = {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "runAsNonRoot": True,
        "runAsUser": 1000,
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    notebook = {"name": "notebook", "image": "local/notebook:latest", "imagePullPolicy": "Never"}
    notebook |= {"securityContext": security, "command": ["sleep", "600"], **of_container}
    labels = {"component": "singleuser-server", "app": "jupyterhub", "release": "lab"}
    meta = {"name": "jupyter-eve", "labels": labels, "annotations": {"hub.jupyter.org/username": "eve"}}
    body: dict[str, Any] = {"kind": "Pod", "metadata": meta}
    body["spec"] = {"containers": [notebook], "volumes": volumes or [], **(spec or {})}
    return body


def server(volumes: list[dict[str, Any]] | None = None, **of_container: Any) -> Fault:
    return create("pods", server_body(volumes, **of_container))


@contextlib.contextmanager
def unknown_runtime(patient: Patient) -> Iterator[None]:
    """A RuntimeClass whose handler no node has, and a server that asks for it."""
    name = f"doctor-{patient.site.namespace}"
    classes = "/apis/node.k8s.io/v1/runtimeclasses"
    body = {"apiVersion": "node.k8s.io/v1", "kind": "RuntimeClass", "metadata": {"name": name}, "handler": "nobody"}
    pod = {"apiVersion": "v1", **server_body(spec={"runtimeClassName": name})}
    with created(patient, classes, body), created(patient, patient.path("pods"), pod):
        yield


@contextlib.contextmanager
def declared(patient: Patient, **sections: Any) -> Iterator[None]:
    """A stack file that was changed after the last install."""
    site, before = patient.site, dict(patient.site.content)
    site.declare(**{**before, **sections})
    yield
    site.declare(**before)


def declare(**sections: Any) -> Fault:
    return lambda patient: declared(patient, **sections)


def ingress(tls_secret: str | None = None, class_name: str = "traefik") -> dict[str, Any]:
    return {"class_name": class_name, **({"tls_secret": tls_secret} if tls_secret else {})}


@contextlib.contextmanager
def tls_secret(patient: Patient, days: int = 30, key: bool = True) -> Iterator[None]:
    """A certificate for the Ingress, in a Secret."""
    one, other = (Authority(patient.folder / f"authority-{days}-{number}") for number in (1, 2))
    with lasting(days):
        one.issue(HOST)
        other.issue(HOST)
    files = {"tls.crt": one.certificate, "tls.key": (one if key else other).key}
    data = {name: base64.b64encode(Path(path).read_bytes()).decode() for name, path in files.items()}
    body = {"apiVersion": "v1", "kind": "Secret", "type": "kubernetes.io/tls", "metadata": {"name": "hub-tls"}}
    place = patient.path("secrets")
    with created(patient, place, {**body, "data": data}), declared(patient, ingress=ingress("hub-tls")):
        yield


@contextlib.contextmanager
def quota(patient: Patient) -> Iterator[None]:
    """No pod more than there are."""
    pods = len(patient.site.objects("pods"))
    body = {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "small"}}
    spec = {"hard": {"pods": str(pods)}}
    with created(patient, patient.path("resourcequotas"), {**body, "spec": spec}):
        yield


@contextlib.contextmanager
def unsynced(patient: Patient) -> Iterator[None]:
    """What an operator cannot bring: its word on it is written here, so that it is the same with one and without."""
    spec = {
        "secretStoreRef": {"kind": "ClusterSecretStore", "name": "nobody"},
        "data": [{"secretKey": "token", "remoteRef": {"key": "lab/token", "property": "token"}}],
    }
    body = {"apiVersion": "external-secrets.io/v1", "kind": "ExternalSecret", "metadata": {"name": "refused"}}
    path = patient.path("externalsecrets", group=EXTERNAL)
    with created(patient, path, {**body, "spec": spec}):
        with contextlib.suppress(Refused):  # an operator was quicker, and says the same
            live = patient.read(f"{path}/refused")
            patient.site.kube.replace(f"{path}/refused/status", {**live, "status": {"conditions": [UNSYNCED]}})
        yield


UNSYNCED = {
    "type": "Ready",
    "status": "False",
    "reason": "SecretSyncedError",
    "message": "could not get secret data from provider",
}


def newest(name: str) -> Callable[[Patient], str]:
    """The path of Helm's last record of a release."""

    def path(patient: Patient) -> str:
        found = patient.site.objects("secrets", selector=f"owner=helm,name={name}")
        last = max(found, key=lambda one: int(one["metadata"]["labels"]["version"]))
        return patient.path("secrets", last["metadata"]["name"])

    return path


def pending(patient: Patient) -> AbstractContextManager[None]:
    return edited(
        patient, newest("lab")(patient), lambda body: body["metadata"]["labels"].update(status="pending-upgrade")
    )


@contextlib.contextmanager
def unrecorded(patient: Patient) -> Iterator[None]:
    with contextlib.ExitStack() as gone:
        for one in patient.site.objects("secrets", selector="owner=helm,name=lab"):
            gone.enter_context(removed(patient, patient.path("secrets", one["metadata"]["name"])))
        yield


@contextlib.contextmanager
def no_api_server(patient: Patient) -> Iterator[None]:
    """A kubeconfig whose server is not there."""
    file = patient.folder / "nowhere"
    cluster = {"name": "c", "cluster": {"server": f"http://127.0.0.1:{free_port()}"}}
    context = {"name": "x", "context": {"cluster": "c", "user": "u"}}
    users = [{"name": "u", "user": {"token": "t"}}]
    file.write_text(json.dumps({"clusters": [cluster], "contexts": [context], "users": users, "current-context": "x"}))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KUBECONFIG", str(file))
        yield


def token(body: dict[str, Any]) -> None:
    body["data"]["token"] = base64.b64encode(b"f" * 64).decode()


def level(body: dict[str, Any]) -> None:
    body["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] = "privileged"


def namespace_level(patient: Patient) -> AbstractContextManager[None]:
    return edited(patient, f"/api/v1/namespaces/{patient.site.namespace}", level)

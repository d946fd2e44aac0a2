"""What a stack needs of a cluster that is not its own to make. Pure."""

from typing import Any

from render.extras import operator_brings_token
from render.found import Found
from render.profiles import GPU, gives_gpus
from spec.model import Stack

EXTERNAL_SECRETS = "external-secrets.io/v1"
"""The objects of the External Secrets Operator."""
MONITORING = "monitoring.coreos.com/v1"
"""The objects of the Prometheus operator."""
_EXTERNAL_CERTIFICATES = "cert-manager.io/"
"""Of annotations with which cert-manager makes the Ingress's Secret (cert-manager.io/docs/usage/ingress)."""


def needs(stack: Stack, found: Found) -> list[dict[str, Any]]:
    """Each with its place in the stack file, what its absence means, and what to do.

    `fatal` ones stop an install; the others are told.
    """
    return [
        *_way_in(stack),
        *_storage(stack),
        *_gpus(stack, found),
        *_monitoring(stack),
        *_pull_secrets(stack),
        *_vault(stack, found),
    ]


def _need(kind: str, name: str, path: str, message: str, hint: str, fatal: bool = True) -> dict[str, Any]:
    return {"kind": kind, "name": name, "path": path, "message": message, "hint": hint, "fatal": fatal}


def _way_in(stack: Stack) -> list[dict[str, Any]]:
    if stack.ingress.kind == "gateway":
        message = "the cluster has no Gateway API, which ingress.kind: gateway needs"
        return [_need("api", "gateway.networking.k8s.io/v1", "ingress.kind", message, "install its CRDs and a Gateway")]
    if stack.ingress.kind == "none":
        return []
    name = stack.ingress.class_name
    message = f"the cluster has no IngressClass {name}, so nobody would reach the hub"
    hint = "install that controller, or name another: kubectl get ingressclass"
    found = [_need("ingress_class", name, "ingress.class_name", message, hint)]
    secret = stack.ingress.tls_secret
    if secret and not any(key.startswith(_EXTERNAL_CERTIFICATES) for key in stack.ingress.annotations):
        message = f"Secret {secret} is not there yet; until then browsers see the controller's own certificate"
        hint = f"kubectl create secret tls {secret} --cert=… --key=…"
        found.append(_need("secret", secret, "ingress.tls_secret", message, hint, fatal=False))
    return found


def _storage(stack: Stack) -> list[dict[str, Any]]:
    name = stack.storage.class_name
    if name:
        message, hint = f"the cluster has no StorageClass {name}", "name another: kubectl get storageclass"
        found = [_need("storage_class", name, "storage.class_name", message, hint)]
    else:
        message = "the cluster has no default StorageClass, so the hub's database and homes would wait for ever"
        hint = "name one with storage.class_name: kubectl get storageclass"
        found = [_need("default_storage_class", "", "storage.class_name", message, hint)]
    if stack.storage.kind == "nfs" and (claim := stack.storage.nfs.claim):
        message = f"claim {claim} with everybody's homes is not in namespace {stack.target.namespace}"
        found.append(_need("claim", claim, "storage.nfs.claim", message, "make it, or name server and path instead"))
    for slug, volume in sorted(stack.storage.volumes.items()):
        path = f"storage.volumes.{slug}.claim"
        message = f"claim {volume.claim} is not in namespace {stack.target.namespace}, so no server would start"
        found.append(_need("claim", volume.claim, path, message, "make it, or remove the volume"))
    return found


def _gpus(stack: Stack, found: Found) -> list[dict[str, Any]]:
    if not gives_gpus(stack, found):
        return []
    message = f"no node has {GPU}: the device plugin is missing, or no node has a GPU"
    hint = "install the NVIDIA device plugin, or gpu.enabled: auto"
    wanted = [_need("resource", GPU, "gpu.enabled", message, hint)]
    name = stack.gpu.runtime_class
    if name and not stack.gpu.create_runtime_class:
        message = f"the cluster has no RuntimeClass {name}, so no server with a GPU would start"
        wanted.append(_need("runtime_class", name, "gpu.runtime_class", message, "gpu.create_runtime_class: true"))
    return wanted


def _monitoring(stack: Stack) -> list[dict[str, Any]]:
    if stack.monitoring.enabled is not True:
        return []
    message = "the cluster does not know Prometheus' objects (monitoring.coreos.com)"
    hint = "install the Prometheus operator, or monitoring.enabled: auto"
    return [_need("api", MONITORING, "monitoring.enabled", message, hint)]


def _vault(stack: Stack, found: Found) -> list[dict[str, Any]]:
    if not operator_brings_token(stack, found):
        return []
    name = str(stack.vault.admin_token.secret_store)
    message = f"the cluster has no ClusterSecretStore {name}, so the hub's Vault token would not reach it"
    hint = "make it, name another (kubectl get clustersecretstore), or secret_store: null: install writes the Secret"
    return [_need("secret_store", name, "vault.admin_token.secret_store", message, hint)]


def _pull_secrets(stack: Stack) -> list[dict[str, Any]]:
    return [
        _need(
            "secret",
            name,
            "images.pull_secrets",
            f"Secret {name} is not in namespace {stack.target.namespace}, so nodes could not pull with it",
            f"kubectl create secret docker-registry {name} -n {stack.target.namespace} …",
        )
        for name in stack.images.pull_secrets
    ]

"""The faults of a stack in a cluster: how each is made on the real objects, and the finding that it gives."""

from tests.kubernetes.clusterinjuries import (
    APPS,
    GPU,
    NETWORK,
    RBAC,
    Fault,
    claim,
    container,
    declare,
    deployment,
    edit,
    ingress,
    namespace_level,
    no_api_server,
    pending,
    quota,
    remove,
    server,
    tls_secret,
    token,
    unknown_runtime,
    unrecorded,
    unsynced,
)
from tests.kubernetes.site import profile
from tests.kubernetes.vaultinjuries import away, bao, dead_credential, login_unmounted, sealed, strange_authority

WITH_GPU = {"datascience": {"enabled": False}, "lab": profile(default=True), "gpu": profile(gpu={"limit": 1})}
POLICY, ROLE = "sys/policies/acl/lab-hub", "auth/token/roles/lab-notebook"

FAULTS: dict[str, tuple[Fault, str]] = {
    "API server is away": (no_api_server, "KUBE101"),
    "hub's image is not there": (container("hub", image="local/nobody:1"), "POD101"),
    "proxy ends again and again": (container("proxy", command=["false"]), "POD102"),
    "proxy is scaled to zero": (
        edit("deployments", "proxy", lambda body: body["spec"].update(replicas=0), APPS),
        "PROC202",
    ),
    "proxy names a Secret that is not there": (
        container("proxy", envFrom=[{"secretRef": {"name": "nobody"}}]),
        "POD104",
    ),
    "no node takes the proxy": (
        deployment("proxy", lambda spec: spec.update(nodeSelector={"lab.internal/nobody": "yes"})),
        "POD105",
    ),
    "proxy breaks the PodSecurity level": (
        container("proxy", securityContext={"allowPrivilegeEscalation": True}),
        "POD107",
    ),
    "server's image is not there": (server(image="local/nobody:1"), "POD101"),
    "server may not write where it wants": (server(command=["sh", "-c", "echo 1 > /usr/x"]), "POD102"),
    "server asks for a GPU that nobody has": (server(resources={"limits": {GPU: "1"}}), "GPU103"),
    "node lacks the runtime of GPUs": (unknown_runtime, "GPU104"),
    "server's volume cannot be mounted": (
        server([{"name": "v", "configMap": {"name": "nobody"}}], volumeMounts=[{"name": "v", "mountPath": "/v"}]),
        "STOR102",
    ),
    "claim of a StorageClass that is not there": (claim("claim-eve", "nobody"), "STOR101"),
    "NFS claim that no volume fits": (claim("home-nfs", ""), "STOR101"),
    "StorageClass is not there": (
        declare(storage={"capacity": "100Mi", "class_name": "nobody"}),
        "STOR103",
    ),
    "cluster has no GPU": (
        declare(profiles=WITH_GPU, gpu={"enabled": True, "create_runtime_class": True}),
        "GPU101",
    ),
    "quota is used up": (quota, "QUOTA101"),
    "PodSecurity level is changed": (namespace_level, "NS101"),
    "service account is gone": (remove("serviceaccounts", "hub"), "RES101"),
    "role binding is gone": (remove("rolebindings", "hub", RBAC), "RES101"),
    "network policy is gone": (remove("networkpolicies", "proxy", NETWORK), "RES101"),
    "configuration of the hub is gone": (remove("configmaps", "hub"), "RES101"),
    "rights of the hub are changed": (edit("roles", "hub", lambda body: body.update(rules=[]), RBAC), "RES102"),
    "keys of the stack are gone": (remove("secrets", "buunstack-lab-keys"), "SECR201"),
    "Secret of the service token is gone": (remove("secrets", "lab-admin-service-token"), "SECR201"),
    "service token is another": (edit("secrets", "lab-admin-service-token", token), "HUB102"),
    "release was left pending": (pending, "HELM101"),
    "release has no record": (unrecorded, "HELM102"),
    "ExternalSecret does not sync": (unsynced, "ESO101"),
    "IngressClass is not there": (declare(ingress=ingress(class_name="nobody")), "WAY103"),
    "public address is away": (declare(ingress=ingress()), "WAY102"),
    "Ingress's certificate is not there": (declare(ingress=ingress("hub-tls")), "SECR202"),
    "Ingress's certificate has ended": (lambda patient: tls_secret(patient, days=0), "CERT101"),
    "Ingress's certificate does not fit its key": (lambda patient: tls_secret(patient, key=False), "CERT104"),
    "Vault is sealed": (sealed, "VAULT102"),
    "Vault is away": (away, "VAULT101"),
    "Vault's authority is a strange one": (strange_authority, "VAULT109"),
    "credential for Vault is dead": (dead_credential, "VAULT107"),
    "hub's policy is gone": (bao(POLICY), "VAULT103"),
    "hub's policy is emptied": (bao(POLICY, {"policy": "# nothing"}), "VAULT104"),
    "token role is gone": (bao(ROLE), "VAULT103"),
    "token role makes no orphans": (bao(ROLE, {"orphan": False}), "VAULT104"),
    "hub's login is not mounted": (login_unmounted, "VAULT103"),
    "hub's login is for another audience": (
        bao("auth/lab-hub/role/hub", {"bound_audiences": ["somebody"]}),
        "VAULT104",
    ),
}
"""Name -> how it is made, and the one code that it gives."""

"""buun-stack's Vault integration as its recipes leave it: its policies, tokens, sidecar and hook, in a real OpenBao.

The hook and the sidecar do what upstream's do, without the network: `hvac` and `hashicorp/vault` are not on the nodes,
so the hook speaks to Vault's API itself, and the sidecar is of the hub's own image and only hands the token over.
"""

from typing import Any

from tests.e2e.stack import eventually
from tests.kubernetes.formersite import SERVICE
from tests.kubernetes.site import IMAGES, Site, data_of
from tests.openbao import OpenBao

TOKEN = "jupyterhub-vault-token"
CRYPT_KEY = "jupyterhub-crypt-key"
RENEWER = "vault-token-renewer"
_API = "/apis/external-secrets.io/v1"
_KEPT = {
    TOKEN: ("jupyterhub/vault-token", "token"),
    SERVICE: ("jupyterhub/admin-service", "token"),
    CRYPT_KEY: ("jupyterhub/config", "crypt-key"),
}
"""Secret and ExternalSecret -> where Vault keeps it, and its field."""
_ADMIN_POLICY = """
path "secret/data/jupyter/*" { capabilities = ["create", "read", "update", "delete", "list", "patch"] }
path "auth/token/create-orphan" { capabilities = ["create", "update", "sudo"] }
path "auth/token/lookup-self" { capabilities = ["read"] }
path "auth/token/renew-self" { capabilities = ["update"] }
path "sys/policies/acl/jupyter-user-*" { capabilities = ["create", "read", "update", "delete"] }
"""
_USER_POLICY = """
path "secret/data/jupyter/users/{username}/*" { capabilities = ["create", "update", "read", "delete", "list"] }
path "secret/metadata/jupyter/users/{username}/*" { capabilities = ["list", "read", "delete", "update"] }
path "secret/metadata/jupyter/users/{username}" { capabilities = ["list"] }
path "secret/data/jupyter/shared/*" { capabilities = ["read", "list"] }
path "auth/token/lookup-self" { capabilities = ["read"] }
path "auth/token/renew-self" { capabilities = ["update"] }
"""
ASKED = """
import json, os, ssl, urllib.request
def asked(method, path, token, body=None):
    call = urllib.request.Request(os.environ['VAULT_ADDR'] + '/v1/' + path, method=method,
        headers={'X-Vault-Token': token}, data=None if body is None else json.dumps(body).encode())
    context = ssl.create_default_context(cafile='/etc/lab-ca.pem')
    text = urllib.request.urlopen(call, timeout=10, context=context).read()
    return json.loads(text) if text else {}
"""
"""A call of Vault's API, in the hub's hook and in a notebook whose image lacks upstream's package."""
_HOOK = f"""{ASKED}
async def pre_spawn_hook(spawner):
    name = spawner.user.name
    with open('/vault/secrets/vault-token') as kept:
        admin = kept.read().strip()
    with open('/srv/jupyterhub/user_policy.hcl') as template:
        policy = template.read().replace('{{username}}', name)
    asked('PUT', 'sys/policies/acl/jupyter-user-' + name, admin, {{'policy': policy}})
    wanted = {{'policies': ['jupyter-user-' + name], 'ttl': os.environ['NOTEBOOK_VAULT_TOKEN_TTL'], 'renewable': True,
              'display_name': 'notebook-' + name, 'explicit_max_ttl': os.environ['NOTEBOOK_VAULT_TOKEN_MAX_TTL']}}
    spawner.environment['NOTEBOOK_VAULT_TOKEN'] = asked(
        'POST', 'auth/token/create-orphan', admin, wanted)['auth']['client_token']
c.KubeSpawner.pre_spawn_hook = pre_spawn_hook
"""
_RENEWER = """
while [ ! -f /vault/admin-token/token ]; do sleep 1; done
cat /vault/admin-token/token > /vault/secrets/vault-token
exec sleep infinity
"""


def set_up(site: Site, bao: OpenBao, store: str) -> str:
    """What the recipes `setup-vault-integration` and `create-jupyterhub-vault-token` leave; the hub's token.

    Args:
        store: the ClusterSecretStore.
    """
    if "secret/" not in bao.ok("GET", "sys/mounts")["data"]:
        bao.ok("POST", "sys/mounts/secret", body={"type": "kv", "options": {"version": "2"}})
    bao.ok("PUT", "sys/policies/acl/jupyterhub-admin", body={"policy": _ADMIN_POLICY})
    asked = {
        "policies": ["jupyterhub-admin"],
        "ttl": "24h",
        "explicit_max_ttl": "0",
        "display_name": "jupyterhub-admin",
    }
    token: str = bao.ok("POST", "auth/token/create", body=asked)["auth"]["client_token"]
    for name, (path, field) in _KEPT.items():
        value = token if name == TOKEN else f"{name}-of-before"
        bao.ok("POST", f"secret/data/{path}", body={"data": {field: value}})
    folder = f"/namespaces/{site.namespace}"
    script = {"metadata": {"name": f"{RENEWER}-config"}, "data": {f"{RENEWER}.sh": _RENEWER}}
    site.kube.create(f"/api/v1{folder}/configmaps", {"apiVersion": "v1", "kind": "ConfigMap", **script})
    for name in _KEPT:
        site.kube.create(f"{_API}{folder}/externalsecrets", _external_secret(name, store))
    eventually(lambda: all(data_of(site, name) for name in _KEPT), "the operator brings the Secrets", 60)
    return token


def _external_secret(name: str, store: str) -> dict[str, Any]:
    path, field = _KEPT[name]
    spec = {
        "refreshInterval": "1h",
        "secretStoreRef": {"name": store, "kind": "ClusterSecretStore"},
        "target": {"name": name, "creationPolicy": "Owner"},
        "data": [{"secretKey": field, "remoteRef": {"key": path, "property": field}}],
    }
    return {
        "apiVersion": "external-secrets.io/v1",
        "kind": "ExternalSecret",
        "metadata": {"name": name},
        "spec": spec,
    }


def add_vault(values: dict[str, Any], bao: OpenBao, trusted: str) -> None:
    """Add to the release's values what buun-stack's template adds with Vault.

    Args:
        trusted: the authorities that notebooks trust.
    """
    hub, single = values["hub"], values["singleuser"]
    lives = {"NOTEBOOK_VAULT_TOKEN_TTL": "24h", "NOTEBOOK_VAULT_TOKEN_MAX_TTL": "168h"}
    key = {"valueFrom": {"secretKeyRef": {"name": CRYPT_KEY, "key": "crypt-key"}}}
    hub["extraEnv"] |= {"VAULT_ADDR": bao.address, "VAULT_TOKEN_FILE": "/vault/secrets/vault-token", **lives}
    hub["extraEnv"]["JUPYTERHUB_CRYPT_KEY"] = key
    hub["extraFiles"]["pre_spawn_hook.py"]["stringData"] = _HOOK
    policy = {"mountPath": "/srv/jupyterhub/user_policy.hcl", "mode": 0o644, "stringData": _USER_POLICY}
    hub["extraFiles"]["user_policy.hcl"] = policy
    mounts = [
        {"name": "vault-secrets", "mountPath": "/vault/secrets"},
        {"name": "vault-config", "mountPath": "/vault/config"},
        {"name": "vault-admin-token", "mountPath": "/vault/admin-token", "readOnly": True},
    ]
    hub["extraVolumes"] = [
        {"name": "vault-secrets", "emptyDir": {}},
        {"name": "vault-config", "configMap": {"name": f"{RENEWER}-config"}},
        {"name": "vault-admin-token", "secret": {"secretName": TOKEN}},
    ]
    hub["extraVolumeMounts"] = mounts
    hub["extraContainers"] = [
        {
            "name": RENEWER,
            "image": IMAGES[0],
            "imagePullPolicy": "Never",
            "command": ["/bin/sh", "-c", f"exec sh /vault/config/{RENEWER}.sh"],
            "env": [{"name": "JUPYTERHUB_VAULT_TOKEN_TTL", "value": "24h"}],
            "volumeMounts": mounts,
        }
    ]
    host, _, port = bao.address.removeprefix("https://").partition(":")
    way = {"to": [{"ipBlock": {"cidr": f"{host}/32"}}], "ports": [{"port": int(port), "protocol": "TCP"}]}
    single["networkPolicy"] = {"egress": [way]}
    single["extraEnv"] |= {"VAULT_ADDR": bao.address, **lives}
    single["extraFiles"] = {"lab-ca": {"mountPath": "/etc/lab-ca.pem", "stringData": trusted}}

"""buun-stack's own installation on a cluster, as its recipes leave it, and what an adoption of it is told."""

import re
import secrets
import subprocess
from pathlib import Path
from typing import Any

import requests
import yaml

from apply.charts import cache
from apply.helm import Helm, Release
from apply.keycloakreading import user_of
from apply.keycloakwriter import set_password
from apply.kube import Object
from tests.e2e.stack import eventually
from tests.e2e.visitor import Visitor, typed
from tests.keycloakserver import KeycloakServer
from tests.kubernetes.ingress import HOST
from tests.kubernetes.site import CHART, IMAGES, PASSWORD, Site, chart_values, data_of

SERVICE = "jupyterhub-admin-service-token"
CLIENT_SECRET = "jupyterhub-keycloak-client"
ADMIN = """
c.JupyterHub.services = [{'name': 'admin-service', 'api_token': os.environ['JUPYTERHUB_ADMIN_SERVICE_TOKEN']}]
c.JupyterHub.load_roles = [{'name': 'admin-service-role', 'scopes': ['admin:users', 'tokens', 'admin:servers'],
                            'services': ['admin-service']}]
"""
HOOK = """
async def hook(spawner):
    spawner.environment['POSTGRES_HOST'] = 'postgres-cluster-rw.postgres'
c.KubeSpawner.pre_spawn_hook = hook
"""
START = "#!/bin/bash\nexec jupyterhub --config /usr/local/etc/jupyterhub/jupyterhub_config.py --upgrade-db\n"
GENERATED = {
    name: f"hub.config.{key}"
    for name, key in (
        ("cookie secret", "JupyterHub.cookie_secret"),
        ("proxy token", "ConfigurableHTTPProxy.auth_token"),
        ("crypt key", "CryptKeeper.keys"),
    )
}


def layout(keycloak: KeycloakServer, trusted: str) -> dict[str, Any]:
    """Values as buun-stack's template makes them, with the images of this cluster.

    Args:
        trusted: the authorities that the hub trusts.
    """
    realm = f"{keycloak.https_address}/realms/buunstack/protocol/openid-connect"
    values = chart_values()
    trust = {"mountPath": "/etc/lab-ca.pem", "stringData": trusted}
    own = {"startup.sh": {"mountPath": "/usr/local/bin/startup.sh", "mode": 0o755, "stringData": START}}
    hook = {"mountPath": "/srv/jupyterhub/pre_spawn_hook.py", "mode": 0o644, "stringData": HOOK}
    token = {"secretKeyRef": {"name": SERVICE, "key": "token"}}
    values["hub"] |= {
        "extraEnv": {"JUPYTERHUB_ADMIN_SERVICE_TOKEN": {"valueFrom": token}},
        "extraFiles": {**own, "pre_spawn_hook.py": hook, "lab-ca": trust},
        "command": ["/usr/local/bin/startup.sh"],
        "config": {
            "JupyterHub": {
                "authenticator_class": "generic-oauth",
                "admin_access": False,
                "authenticate_prometheus": False,
            },
            "Authenticator": {"enable_auth_state": True, "allow_all": True},
            "GenericOAuthenticator": {
                "client_id": "jupyterhub",
                "oauth_callback_url": f"https://{HOST}/hub/oauth_callback",
                "authorize_url": f"{realm}/auth",
                "token_url": f"{realm}/token",
                "userdata_url": f"{realm}/userinfo",
                "login_service": "keycloak",
                "username_claim": "preferred_username",
                "auth_refresh_age": 300,
                "refresh_pre_spawn": True,
                "http_request_kwargs": {"ca_certs": "/etc/lab-ca.pem"},
            },
            "OAuthenticator": {"scope": ["openid", "profile", "email"]},
        },
        "extraConfig": {
            "load-pre-spawn-hook": "exec(open('/srv/jupyterhub/pre_spawn_hook.py').read())",
            "configure-security-context": "c.KubeSpawner.container_security_context = "
            "{'capabilities': {'drop': ['ALL']}}",
            "admin-service": f"import os\n{ADMIN}",
            "of-the-site": "# what a site has written itself",
        },
        "podSecurityContext": {"fsGroup": 100},
    }
    values["proxy"]["service"] = {"type": "ClusterIP"}
    context = {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}}
    override = {"image": IMAGES[2], "image_pull_policy": "Never", "cmd": ["jupyterhub-singleuser"]}
    values["singleuser"] = {
        "cloudMetadata": {"blockWithIptables": False},
        "allowPrivilegeEscalation": False,
        "extraPodConfig": {"securityContext": context},
        "extraEnv": {"VAULT_ADDR": "https://", "NOTEBOOK_VAULT_TOKEN_TTL": "24h"},
        "storage": {"type": "dynamic", "dynamic": {"storageAccessModes": ["ReadWriteOnce"]}, "capacity": "100Mi"},
        "image": {"pullPolicy": "IfNotPresent"},
        "profileList": [{"display_name": "Lab", "description": "As it was", "kubespawner_override": override}],
    }
    values["cull"] = {"enabled": True, "timeout": 7200, "every": 600, "maxAge": 604800, "adminUsers": True}
    values["prePuller"] = {"hook": {"enabled": False}, "continuous": {"enabled": False}}
    values["scheduling"] = {"userScheduler": {"enabled": False}}
    values["ingress"] = {
        "enabled": True,
        "annotations": {
            "traefik.ingress.kubernetes.io/router.entrypoints": "websecure",
            "traefik.ingress.kubernetes.io/router.tls": "true",
        },
        "ingressClassName": "traefik",
        "hosts": [HOST],
        "pathType": "Prefix",
        "tls": [{"hosts": [HOST], "secretName": "hub-tls"}],
    }
    return values


def add_realm(keycloak: KeycloakServer) -> None:
    """As buun-stack's recipe leaves it: a public client without a secret."""
    admin = keycloak.admin()
    admin.post("", {"realm": "buunstack", "enabled": True})
    client = {"clientId": "jupyterhub", "publicClient": True, "redirectUris": [f"https://{HOST}/hub/oauth_callback"]}
    admin.post("buunstack/clients", client)
    person = {"username": "ada", "enabled": True, "email": "ada@lab.internal", "firstName": "A", "lastName": "L"}
    admin.post("buunstack/users", person)
    user = user_of(admin, "buunstack", "ada")
    assert user
    set_password(admin, "buunstack", user["id"], PASSWORD, temporary=False)


def install_former(site: Site, values: dict[str, Any]) -> None:
    """By Helm alone, with the service's token made as the recipe does it where no operator brings it."""
    if not data_of(site, SERVICE):
        keep(site, SERVICE, "token", secrets.token_hex(32))
    old = Release("jupyterhub", site.namespace, cache() / f"jupyterhub-{CHART}.tgz", values)
    said = Helm(None).upgrade(old, "3m", {}, lambda: False)
    assert said is None, said
    eventually(lambda: requests.get(f"{site.url}/hub/login", verify=site.ca, timeout=10).ok, "the login page")


def signed_in(site: Site, keycloak: KeycloakServer, folder: Path) -> Visitor:
    """Ada, whose browser trusts both the hub and Keycloak."""
    trusted = folder / "trusted.pem"
    trusted.write_text(Path(str(site.ca)).read_text() + keycloak.ca.read_text())
    ada = Visitor(site, "ada", typed("ada", PASSWORD), str(trusted))
    assert ada.answer.url == f"{site.url}/hub/home"
    return ada


def start_server(ada: Visitor) -> None:
    """Through the form of the chart's own profiles, which have no slugs of ours."""
    page = ada.get("/hub/spawn")
    chosen = re.search(r'name="profile"[^>]*value="([^"]+)"', page.text) or re.search(
        r'value="([^"]+)"[^>]*name="profile"', page.text
    )
    assert chosen, page.text[-2000:]
    ada.spawn(chosen[1], 120)


def state(site: Site) -> dict[str, Any]:
    """What an adoption must leave as it is."""
    chart = data_of(site, "hub")
    (pod,) = site.objects("pods", selector="component=singleuser-server")
    return {
        "claims": claims(site),
        "server": (pod["metadata"]["uid"], pod["status"]["containerStatuses"][0]["containerID"]),
        "token": data_of(site, SERVICE),
        **{name: chart[key] for name, key in GENERATED.items()},
    }


def claims(site: Site) -> dict[str, tuple[str, str]]:
    """Claim -> its identity and its volume."""

    def bound(claim: Object) -> tuple[str, str]:
        return claim["metadata"]["uid"], claim["spec"]["volumeName"]

    return {one["metadata"]["name"]: bound(one) for one in site.objects("persistentvolumeclaims")}


def migrated(site: Site, *words: str) -> str:
    """The stack file from what runs; what was said."""
    out = ["migrate", "--from-cluster", "--namespace", site.namespace, "--out", str(site.spec), "--force"]
    command = [*site.command("validate")[:3], *out, *words]
    done = subprocess.run(command, capture_output=True, text=True, cwd=Path(__file__).parents[2])
    assert done.returncode == 0, done.stderr
    return done.stderr


def completed(site: Site, keycloak: KeycloakServer, ca: Path) -> dict[str, Any]:
    """What is left to the operator: an authority, a fixed tag, the secret that the client has not had.

    Returns:
        The stack file's content.
    """
    made = yaml.safe_load(site.spec.read_text())
    assert (made["name"], made["target"]["namespace"]) == ("jupyterhub", site.namespace)
    assert made["auth"]["keycloak"]["url"] == keycloak.https_address
    made["ca"] = str(ca)
    made["profiles"]["lab"]["image"] = "lab.internal/notebook:1"
    made["profiles"]["lab"]["pod"]["image"] = IMAGES[2]
    made["notebook"]["pre_pull"] = False
    site.spec.write_text(yaml.safe_dump(made, sort_keys=False))
    keep(site, CLIENT_SECRET, "client-secret", "of-no-matter")
    return made


def keep(site: Site, name: str, key: str, value: str) -> None:
    """A Secret as `kubectl create secret generic` makes it."""
    body = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, "stringData": {key: value}}
    site.kube.create(f"/api/v1/namespaces/{site.namespace}/secrets", body)

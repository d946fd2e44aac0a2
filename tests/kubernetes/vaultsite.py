"""What a stack on a cluster needs to have its users' secrets in a real OpenBao beside the cluster."""

import base64
import contextlib
import re
from collections.abc import Iterator
from typing import Any

from render.vault import VaultLayout
from tests.e2e.stack import ROOT, Person, eventually
from tests.kubernetes.site import Site, chart_values
from tests.openbao import OpenBao

LAYOUT = VaultLayout("lab")
PACKAGE = "/opt/buunstack"
STORE = "/apis/external-secrets.io/v1/clustersecretstores"
_READER = "\n".join(
    f'path "secret/data/jupyterhub/{name}" {{ capabilities = ["read"] }}'
    for name in ("vault-token", "admin-service", "config")
)
TOKEN = re.compile(r"\b(?:hvs|hvb|s|b)\.[A-Za-z0-9]{24}")
"""A token of Vault's or OpenBao's own."""


def add_store(site: Site, bao: OpenBao) -> str:
    """Make a ClusterSecretStore, whose token is a Secret of the site's namespace; its name."""
    bao.ok("PUT", "sys/policies/acl/operator", body={"policy": _READER})
    token = bao.ok("POST", "auth/token/create", body={"policies": ["operator"]})["auth"]["client_token"]
    secret = {"kind": "Secret", "metadata": {"name": "token"}, "stringData": {"token": token}}
    site.kube.create(f"/api/v1/namespaces/{site.namespace}/secrets", secret)
    name = f"{site.namespace}-store"
    vault = {
        "server": bao.address,
        "path": "secret",
        "version": "v2",
        "caBundle": base64.b64encode(bao.ca.read_bytes()).decode(),
        "auth": {"tokenSecretRef": {"name": "token", "key": "token", "namespace": site.namespace}},
    }
    body = {"apiVersion": "external-secrets.io/v1", "kind": "ClusterSecretStore", "metadata": {"name": name}}
    site.kube.create(STORE, body | {"spec": {"provider": {"vault": vault}}})
    return name


def package_files() -> dict[str, Any]:
    """The package of the notebooks as `singleuser.extraFiles` in `PACKAGE`, since the tests' image lacks it."""
    return {
        f"buunstack-{file.stem}": {
            "mountPath": f"{PACKAGE}/buunstack/{file.name}",
            "binaryData": base64.b64encode(file.read_bytes()).decode(),
        }
        for file in sorted((ROOT / "buunstack").glob("*.py"))
    }


def with_secrets(bao: OpenBao, **vault: Any) -> dict[str, Any]:
    """Sections of the stack file."""
    values = chart_values() | {"singleuser": {"extraFiles": package_files()}}
    return {
        "vault": {"address": bao.address, **vault},
        "ca": str(bao.ca),
        "notebook": {"pre_pull": False, "environment": {"PYTHONPATH": PACKAGE}},
        "chart_values": values,
    }


def deployer_token(bao: OpenBao, policy: str, layout: VaultLayout = LAYOUT) -> str:
    """Of somebody who may do what the policy says."""
    bao.ok("PUT", f"sys/policies/acl/{layout.deployer_policy}", body={"policy": policy})
    body = {"policies": [layout.deployer_policy], "no_default_policy": True}
    token: str = bao.ok("POST", "auth/token/create", body=body)["auth"]["client_token"]
    return token


def with_deployer(site: Site, bao: OpenBao, layout: VaultLayout = LAYOUT) -> str:
    """Give the site's commands a deployer's token, which may do what the documented policy says; the token."""
    policy = site.inv("vault.apply", "--show-policy").stdout
    token = deployer_token(bao, policy, layout)
    file = site.folder / "vault-token"
    file.write_text(token + "\n")
    site.environment["VAULT_TOKEN_FILE"] = str(file)
    return token


def install(site: Site, *users: str, without: str) -> str:
    """Install, with these users; what was said, in which the text `without` is not."""
    said = site.inv("install", "--yes")
    assert without not in said.stdout + said.stderr
    for user in users:
        site.add_user(user)
    return said.stderr


@contextlib.contextmanager
def running(site: Site, user: str) -> Iterator[Person]:
    """A user whose server runs, while the body does; afterwards no server is left."""
    with site.reached():
        person = site.person(user)
        person.spawn("lab")
        yield person
        person.stop()
        no_server(site)


def no_server(site: Site) -> None:
    """Wait until the last server's pod has gone."""
    eventually(lambda: not site.objects("pods", selector="component=singleuser-server"), "no server", 90)

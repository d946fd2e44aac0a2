"""buun-stack's own installation is taken over: nobody loses a home, a session, a server or a secret; none is new."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from render.vault import VaultLayout
from tests.e2e.stack import eventually
from tests.e2e.visitor import Visitor
from tests.keycloakserver import KeycloakServer
from tests.kubernetes import formervault
from tests.kubernetes.formernfs import CLAIM as NFS_CLAIM
from tests.kubernetes.formernfs import homes_on_volume, phase_of, volume_of
from tests.kubernetes.formersite import (
    add_realm,
    claims,
    completed,
    install_former,
    layout,
    migrated,
    signed_in,
    start_server,
    state,
)
from tests.kubernetes.ingress import behind_traefik
from tests.kubernetes.nodekeycloak import on_node
from tests.kubernetes.site import CHART, Site, data_of
from tests.kubernetes.vaultsite import PACKAGE, TOKEN, no_server, package_files, with_deployer
from tests.openbao import OpenBao

LAYOUT = VaultLayout("jupyterhub", hub_login="token", isolation="policy_per_user", buun_stack=True)
MINE = f"{formervault.ASKED}\nmine = os.environ['NOTEBOOK_VAULT_TOKEN']\n"
WRITTEN = f"{MINE}asked('POST', 'secret/data/jupyter/users/ada/db', mine, {{'data': {{'password': 'b1rd'}}}})"
READ = f"{MINE}print(asked('GET', 'secret/data/jupyter/users/ada/db', mine)['data']['data'])"
FROM_STORE = "from buunstack import SecretStore; s = SecretStore(); print(s.get('db'), s.list())"


@pytest.fixture(scope="module")
def keycloak(tools: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[KeycloakServer]:
    folder = tmp_path_factory.mktemp("keycloak")
    with on_node(Site(folder), folder / "keycloak") as found:
        add_realm(found)
        yield found


@pytest.fixture
def by_buun_stack(site: Site, keycloak: KeycloakServer, tmp_path: Path) -> Iterator[Site]:
    """The old layout, installed by Helm alone."""
    with behind_traefik(site, tmp_path) as found:
        install_former(found, layout(keycloak, keycloak.ca.read_text()))
        yield found


def test_nobody_loses_a_home_a_session_or_a_server_and_no_secret_is_new(
    by_buun_stack: Site, keycloak: KeycloakServer, tmp_path: Path
) -> None:
    site = by_buun_stack
    ada = signed_in(site, keycloak, tmp_path)
    start_server(ada)
    ada.run("open('/home/jovyan/kept.txt', 'w').write('hers')")
    before = state(site)

    said = migrated(site)
    assert "value hub.extraConfig.of-the-site is unknown here, and left out" in said
    assert "value hub.image.name is kept in chart_values" in said
    completed(site, keycloak, keycloak.ca)
    planned = site.plan()["changes"]
    assert [one["what"] for one in planned if one["action"] == "remove" and "Claim" in one["what"]] == []
    kept = [one["what"] for one in planned if one["details"] == ["that of the running hub is kept"]]
    assert kept == ["secret cookie_secret", "secret crypt_key", "secret proxy_token"]
    site.inv("install", "--yes")

    assert state(site) == before
    eventually(lambda: ada.get("/hub/home").url == f"{site.url}/hub/home", "the same cookie signs in", 60)
    assert ada.run("print(open('/home/jovyan/kept.txt').read())") == "hers\n"
    assert site.plan()["changes"] == []
    ada.stop()
    no_server(site)
    ada.spawn("lab")
    assert ada.run("print(open('/home/jovyan/kept.txt').read())") == "hers\n"
    assert claims(site) == before["claims"]


@pytest.fixture
def trusted(bao: OpenBao, keycloak: KeycloakServer, tmp_path: Path) -> Path:
    """The authorities of both."""
    file = tmp_path / "authorities.pem"
    file.write_text(bao.ca.read_text() + keycloak.ca.read_text())
    return file


@pytest.fixture
def with_vault_and_nfs(
    site: Site, keycloak: KeycloakServer, bao: OpenBao, operator: str, trusted: Path, tmp_path: Path
) -> Iterator[Site]:
    """The old layout with Vault and homes on a volume made by hand, installed by Helm alone."""
    values = layout(keycloak, trusted.read_text())
    formervault.add_vault(values, bao, trusted.read_text())
    with behind_traefik(site, tmp_path) as found, homes_on_volume(found, tmp_path / "homes", values):
        formervault.set_up(found, bao, operator)
        install_former(found, values)
        yield found


@pytest.fixture
def ada(with_vault_and_nfs: Site, keycloak: KeycloakServer, tmp_path: Path) -> Visitor:
    """With a server that the old hub has started, and a secret that she put from it."""
    ada = signed_in(with_vault_and_nfs, keycloak, tmp_path)
    start_server(ada)
    ada.run(f"{WRITTEN}\nopen('/home/jovyan/kept.txt', 'w').write('hers')")
    assert ada.run(READ) == "{'password': 'b1rd'}\n"
    return ada


def test_secrets_and_homes_on_nfs_are_the_same_before_and_after_and_the_hub_has_another_token(
    with_vault_and_nfs: Site, ada: Visitor, bao: OpenBao, keycloak: KeycloakServer, trusted: Path, operator: str
) -> None:
    site = with_vault_and_nfs
    before, former = state(site), data_of(site, formervault.TOKEN)["token"]
    assert len(_may(bao, former)) == 2

    said = _adopted(site, bao, keycloak, trusted, operator)
    assert [one["what"] for one in site.plan()["changes"] if NFS_CLAIM in one["what"]] == []
    said += site.inv("install", "--yes").stderr

    assert TOKEN.findall(said) == []
    assert state(site) == before
    assert ada.run(READ) == "{'password': 'b1rd'}\n"
    present = data_of(site, formervault.TOKEN)["token"]
    assert bao.ok("GET", "secret/data/jupyterhub/vault-token")["data"]["data"] == {"token": present}
    assert present != former
    assert [_may(bao, token) for token in (former, present)] == [[], []]
    changes = site.plan()["changes"]
    assert changes == [], changes
    ada.stop()
    no_server(site)
    ada.spawn("lab")
    assert ada.run(FROM_STORE) == "{'password': 'b1rd'} ['db']\n"
    assert ada.run("print(open('/home/jovyan/kept.txt').read())") == "hers\n"
    assert claims(site) == before["claims"]
    assert claims(site)[NFS_CLAIM][1] == volume_of(site)
    assert phase_of(site) == "Bound"


def _may(bao: OpenBao, token: str) -> list[str]:
    """What of buun-stack's hub's rights a token has: with either, one reads everybody's secrets."""
    body = {"policy": 'path "secret/*" { capabilities = ["read"] }'}
    asked = (("PUT", "sys/policies/acl/jupyter-user-mallory", body), ("GET", "secret/data/jupyter/users/ada/db", None))
    return [path for method, path, sent in asked if bao.call(method, path, token, sent)[0] != 403]


def _adopted(site: Site, bao: OpenBao, keycloak: KeycloakServer, trusted: Path, store: str) -> str:
    """The stack file from variables and what runs, completed; what was said."""
    variables = site.folder / ".env.local"
    host = bao.address.removeprefix("https://")
    lines = ("JUPYTERHUB_VAULT_INTEGRATION_ENABLED=true", f"VAULT_HOST={host}", "JUPYTERHUB_CHART_VERSION=4.2.0")
    variables.write_text("\n".join(lines) + "\n")
    said = migrated(site, "--env", str(variables))
    assert f"chart.version: JUPYTERHUB_CHART_VERSION says 4.2.0, and {CHART} runs, which is taken" in said
    assert f"externalsecret/{formervault.CRYPT_KEY} is buun-stack's own" in said
    made = completed(site, keycloak, trusted)
    assert (made["vault"]["preset"], made["vault"]["address"]) == ("buun-stack", bao.address)
    assert made["vault"]["admin_token"]["secret_store"] == store
    assert made["storage"]["nfs"] == {"claim": NFS_CLAIM, "folder": "{username}"}
    made["notebook"]["environment"]["PYTHONPATH"] = PACKAGE
    made["chart_values"]["singleuser"] = {"extraFiles": package_files()}
    site.spec.write_text(yaml.safe_dump(made, sort_keys=False))
    with_deployer(site, bao, LAYOUT)
    return said

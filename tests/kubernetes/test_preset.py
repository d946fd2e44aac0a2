"""buun-stack's way on a real cluster: a token that lasts, brought by the operator, kept alive, rotated."""

import base64
import json
from collections.abc import Iterator
from typing import Any

import pytest

from apply.target import target
from render.vault import VaultLayout
from tests.e2e.stack import Person, eventually
from tests.kubernetes.site import Site
from tests.kubernetes.vaultsite import STORE, TOKEN, install, running, with_deployer, with_secrets
from tests.openbao import OpenBao

LAYOUT = VaultLayout("lab", hub_login="token", isolation="policy_per_user", buun_stack=True)
KEPT = "secret/data/jupyterhub/vault-token"
SERVICE = "secret/data/jupyterhub/admin-service"
SECRETS = "from buunstack import SecretStore; s = SecretStore(); s.put('db', password='b1rd'); print(s.get('db'))"


@pytest.fixture(scope="module")
def preset(bao: OpenBao, operator: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """An installed stack with the preset, by a deployer who may do what the documented policy says."""
    site = Site(tmp_path_factory.mktemp("preset"))
    site.declare(**with_secrets(bao, preset="buun-stack", admin_token={"secret_store": operator}))
    install(site, "ada", without=with_deployer(site, bao, LAYOUT))
    yield site
    site.remove()


@pytest.fixture
def ada(preset: Site) -> Iterator[Person]:
    """A user whose server runs."""
    with running(preset, "ada") as person:
        yield person


def kept(bao: OpenBao) -> str:
    """The hub's token as Vault keeps it."""
    return str(bao.ok("GET", KEPT)["data"]["data"]["token"])


def lives(bao: OpenBao, token: str) -> bool:
    return bool(bao.call("GET", "auth/token/lookup-self", token)[0] == 200)


def service_token(site: Site) -> str:
    """The admin service's token as the cluster has it."""
    path = f"/api/v1/namespaces/{site.namespace}/secrets/jupyterhub-admin-service-token"
    return base64.b64decode((site.kube.get(path) or {})["data"]["token"]).decode()


def in_use(site: Site) -> str:
    """The accessor of the token that the hub uses."""
    with target(str(site.spec), None).hub() as hub:
        return hub.vault_accessor()


def hub_pod(site: Site) -> list[tuple[str, int]]:
    (pod,) = site.objects("pods", selector="component=hub")
    return sorted((one["containerID"], one["restartCount"]) for one in pod["status"]["containerStatuses"])


def test_all_names_are_buun_stacks(bao: OpenBao, preset: Site) -> None:
    external = preset.objects("externalsecrets", "/apis/external-secrets.io/v1")
    (store,) = [one for one in preset.objects("secrets") if one["metadata"]["name"] == "jupyterhub-vault-token"]

    assert [one["metadata"]["name"] for one in external] == ["jupyterhub-admin-service-token", "jupyterhub-vault-token"]
    assert base64.b64decode(store["data"]["token"]).decode() == kept(bao)
    life = bao.ok("GET", "auth/token/lookup-self", kept(bao))["data"]
    assert (life["policies"], life["explicit_max_ttl"], life["orphan"]) == (["jupyterhub-admin"], 0, True)
    assert in_use(preset) == life["accessor"]
    changes = preset.plan()["changes"]
    assert changes == [], changes[-1]


def test_a_notebook_has_its_token_at_the_start_and_its_secrets_at_the_plain_path(bao: OpenBao, ada: Person) -> None:
    assert "'password': 'b1rd'" in ada.run(SECRETS)
    assert bao.ok("GET", "secret/data/jupyter/users/ada/db")["data"]["data"] == {"password": "b1rd"}
    found = ada.run(
        "import os; print(os.environ['NOTEBOOK_VAULT_TOKEN_TTL'], os.environ['NOTEBOOK_VAULT_TOKEN_MAX_TTL'])"
    )
    assert found.strip() == "24h 168h"


def test_a_rotation_ends_the_former_token_and_nobody_loses_a_session(bao: OpenBao, preset: Site, ada: Person) -> None:
    former, before, mine = kept(bao), hub_pod(preset), ada.run("import os; print(os.environ['NOTEBOOK_VAULT_TOKEN'])")

    said = preset.inv("vault.rotate", "--json")

    present = kept(bao)
    assert former != present
    assert (lives(bao, former), lives(bao, present), lives(bao, mine.strip())) == (False, True, True)
    assert json.loads(said.stdout) == {"accessor": in_use(preset), "ended": 1}
    assert hub_pod(preset) == before
    assert "'password': 'b1rd'" in ada.run(SECRETS)
    assert TOKEN.findall(said.stdout + said.stderr) == []


def test_a_rotation_that_was_cut_short_is_gone_on_with(bao: OpenBao, preset: Site) -> None:
    former = kept(bao)
    cut = preset.start("vault.rotate")
    eventually(lambda: kept(bao) != former, "another token is kept", 60)
    cut.kill()
    cut.communicate()
    begun = kept(bao)

    preset.inv("vault.rotate")

    if lives(bao, begun):  # the hub did not use it yet when the second one came
        assert kept(bao) == begun
    assert not lives(bao, former)
    assert in_use(preset) == bao.ok("GET", "auth/token/lookup-self", kept(bao))["data"]["accessor"]


def test_the_admin_services_token_is_kept_in_vault_and_changed_there(bao: OpenBao, preset: Site) -> None:
    former, before = service_token(preset), hub_pod(preset)
    assert bao.ok("GET", SERVICE)["data"]["data"] == {"token": former}

    said = preset.inv("token.rotate-service", "--json")

    present = bao.ok("GET", SERVICE)["data"]["data"]
    assert json.loads(said.stdout)["ended"] >= 1
    assert present != {"token": former}
    assert present == {"token": service_token(preset)}
    assert hub_pod(preset) == before
    changes = preset.plan()["changes"]
    assert changes == [], changes[-1]
    assert preset.inv("install").stderr.startswith("nothing changed")


def test_a_dead_token_is_made_anew_by_the_next_install(bao: OpenBao, preset: Site) -> None:
    bao.ok("POST", "auth/token/revoke", body={"token": kept(bao)})
    assert [change["details"] for change in preset.plan()["changes"]] == [["it is dead"]]

    preset.inv("vault.apply")

    eventually(lambda: in_use(preset), "the hub uses the new one", 150)
    preset.inv("install", "--yes")
    assert preset.plan()["changes"] == []


def test_a_token_that_the_operator_brings_late_is_waited_for_and_nobody_restarts_anything(
    bao: OpenBao, preset: Site, operator: str
) -> None:
    store = preset.kube.get(f"{STORE}/{operator}") or {}
    away = {**store, "spec": {"provider": {"vault": {**store["spec"]["provider"]["vault"], "path": "elsewhere"}}}}
    preset.kube.replace(f"{STORE}/{operator}", away)
    preset.kube.delete(f"/api/v1/namespaces/{preset.namespace}/secrets/jupyterhub-vault-token")
    _restart_hub(preset)

    said = preset.inv("install", "--yes", "--repair", code=6).stderr

    assert (
        "the hub cannot log in to Vault, so no server gets secrets: there is no token in /vault/secrets/vault-token"
        in said
    )
    assert "no token yet: /vault/admin-token/token: No such file or directory" in preset.inv("logs", "renewer").stdout
    before = hub_pod(preset)
    present = preset.kube.get(f"{STORE}/{operator}") or {}
    preset.kube.replace(f"{STORE}/{operator}", {**present, "spec": store["spec"]})
    eventually(lambda: in_use(preset), "the hub has its token", 180)
    assert hub_pod(preset) == before
    preset.inv("install", "--yes")


def _restart_hub(site: Site) -> None:
    """A pod of the hub that has no token of before."""
    (pod,) = site.objects("pods", selector="component=hub")
    site.kube.delete(f"/api/v1/namespaces/{site.namespace}/pods/{pod['metadata']['name']}")

    def is_another() -> bool:
        pods = site.objects("pods", selector="component=hub")
        return [one["metadata"]["uid"] for one in pods] != [pod["metadata"]["uid"]] and len(pods) == 1

    eventually(is_another, "another pod of the hub", 60)
    eventually(
        lambda: [one["state"] for one in site.status()["parts"] if one["name"] == "hub"] == ["ready"], "it is ready", 90
    )


def test_the_renewer_is_the_one_who_renews(bao: OpenBao, preset: Site) -> None:
    log = preset.inv("logs", "renewer", "--lines", "500").stdout

    assert "in use: the token with accessor" in log
    assert TOKEN.findall(log) == []


def test_no_token_is_in_a_pod_a_config_map_or_a_plan(bao: OpenBao, preset: Site, ada: Person) -> None:
    shown = json.dumps([preset.objects(kind) for kind in ("pods", "configmaps")])
    for form in ("--json", "--markdown"):
        shown += preset.inv("plan", form).stdout
    shown += preset.inv("logs", "hub", "--lines", "2000").stdout

    assert TOKEN.findall(shown) == []


def test_without_the_operator_install_writes_the_secret_itself(
    bao: OpenBao, preset: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same artifacts as on a cluster that does not know ExternalSecrets."""
    from apply import admintoken

    found = target(str(preset.spec), None)
    declared: dict[str, Any] = {"secret": "jupyterhub-vault-token-by-hand"}
    for token in ("first", "second", "second"):
        admintoken.write_secret(found.kube, preset.namespace, "lab", declared, token)  # type: ignore[union-attr]

    (secret,) = [one for one in preset.objects("secrets") if one["metadata"]["name"] == declared["secret"]]
    assert admintoken.content(secret) == "second"

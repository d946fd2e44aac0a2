"""The other ways to users' secrets on a cluster: a token delivered with the server, a policy for each user."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from apply import servers
from apply.target import target
from render.vault import VaultLayout, user_policy
from spec.errors import StackError
from tests.e2e.stack import Person, eventually
from tests.kubernetes.site import Site
from tests.kubernetes.vaultsite import TOKEN, install, no_server, running, with_deployer, with_secrets
from tests.openbao import OpenBao

LAYOUT = VaultLayout("lab", isolation="policy_per_user")
DELIVERED = {"delivery": "env", "isolation": "policy_per_user", "required": True, "user_token": {"max_ttl": "7d"}}
OLD_CLIENT = """
import json, os, ssl, urllib.request
context = ssl.create_default_context(cafile=os.environ["VAULT_CACERT"])
url = f"{os.environ['VAULT_ADDR']}/v1/secret/data/jupyter/users/{os.environ['JUPYTERHUB_USER']}/db"
sent = {"X-Vault-Token": os.environ["NOTEBOOK_VAULT_TOKEN"]}
body = json.dumps({"data": {"password": "b1rd"}}).encode()
with urllib.request.urlopen(urllib.request.Request(url, body, sent), context=context) as answer:
    print(answer.status)
"""
"""What an image with an older package does: the token of the environment, the plain path."""


@pytest.fixture(scope="module")
def delivering(bao: OpenBao, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """An installed stack whose servers start with their tokens."""
    site = Site(tmp_path_factory.mktemp("delivering"))
    site.declare(**with_secrets(bao, **DELIVERED))
    install(site, "ada", without=with_deployer(site, bao, LAYOUT))
    yield site
    site.remove()


@pytest.fixture
def ada(delivering: Site) -> Iterator[Person]:
    """A user whose server runs."""
    with running(delivering, "ada") as person:
        yield person


def of_servers(site: Site) -> list[dict[str, Any]]:
    return site.objects("secrets", selector="component=singleuser-token")


def test_a_new_user_has_a_policy_before_the_first_server(bao: OpenBao, delivering: Site) -> None:
    name, text = user_policy(LAYOUT, "ada")

    assert bao.ok("GET", f"sys/policies/acl/{name}")["data"]["policy"] == text
    assert bao.call("GET", f"sys/policies/acl/{user_policy(LAYOUT, 'admin')[0]}")[0] == 200


def test_an_older_client_finds_its_token_and_the_plain_path(bao: OpenBao, delivering: Site, ada: Person) -> None:
    assert ada.run(OLD_CLIENT).strip() == "200"
    assert bao.ok("GET", "secret/data/jupyter/users/ada/db")["data"]["data"] == {"password": "b1rd"}
    ours = ada.run("from buunstack import SecretStore; print(SecretStore().get('db'))")
    assert "'password': 'b1rd'" in ours


def test_the_token_is_in_a_secret_of_the_pod_and_goes_with_it(bao: OpenBao, delivering: Site, ada: Person) -> None:
    token = ada.run("import os; print(os.environ['NOTEBOOK_VAULT_TOKEN'])").strip()
    (pod,) = delivering.objects("pods", selector="component=singleuser-server")
    (secret,) = of_servers(delivering)

    assert TOKEN.fullmatch(token)
    assert token not in json.dumps(delivering.objects("pods"))
    assert [owner["uid"] for owner in secret["metadata"]["ownerReferences"]] == [pod["metadata"]["uid"]]
    assert token not in delivering.inv("logs", "hub", "--lines", "2000").stdout
    ada.stop()
    no_server(delivering)
    eventually(lambda: not of_servers(delivering), "the Secret has gone with its pod", 60)
    eventually(lambda: bao.call("GET", "auth/token/lookup-self", token)[0] == 403, "the token is revoked", 30)
    ada.spawn("lab")


def test_without_vault_nobody_starts_and_the_hub_lives_on(bao: OpenBao, delivering: Site) -> None:
    (before,) = delivering.objects("pods", selector="component=hub")
    bao.seal()
    try:
        with target(str(delivering.spec), None).hub() as hub:
            for _ in range(7):  # more than the failures in a row after which the chart's hub ends itself
                with pytest.raises(StackError, match="Nothing was lost; try again in a moment"):
                    # On a busy machine the hub answers before it knows.
                    servers.started(hub, "ada", "", {}, delivering.patience_seconds, lambda _words: None)
    finally:
        bao.unseal()
    with delivering.reached():
        person = delivering.person("ada")
        person.spawn("lab")
        person.stop()

    (after,) = delivering.objects("pods", selector="component=hub")
    assert restarts(after) == restarts(before)


def restarts(pod: dict[str, Any]) -> list[tuple[str, int]]:
    return [(one["containerID"], one["restartCount"]) for one in pod["status"]["containerStatuses"]]


def test_an_uninstall_ends_the_tokens_of_servers_that_run(bao: OpenBao, delivering: Site) -> None:
    with delivering.reached():
        person = delivering.person("ada")
        person.spawn("lab")
        token = person.run("import os; print(os.environ['NOTEBOOK_VAULT_TOKEN'])").strip()
    assert bao.call("GET", "auth/token/lookup-self", token)[0] == 200
    try:
        said = delivering.inv("uninstall").stderr

        assert bao.call("GET", "auth/token/lookup-self", token)[0] == 403
        assert f"in Vault at {bao.address} stay users' secrets, policies and roles" in said
    finally:
        delivering.inv("install", "--yes")

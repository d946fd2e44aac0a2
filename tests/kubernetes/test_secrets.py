"""Users' secrets on a cluster: a real OpenBao beside it, and nobody who holds more than he needs."""

import base64
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from render.vault import deployer_policy
from tests.e2e.stack import Person, eventually
from tests.kubernetes.site import Site
from tests.kubernetes.vaultsite import LAYOUT, TOKEN, install, running, with_deployer, with_secrets
from tests.openbao import OpenBao

MINE = "secret/data/jupyter/users/lab.ada"


@pytest.fixture(scope="module")
def secret_site(bao: OpenBao, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """An installed stack whose deployer may do in Vault what the documented policy says, and no more."""
    site = Site(tmp_path_factory.mktemp("secret-site"))
    site.declare(**with_secrets(bao))
    said = install(site, "ada", "bob", without=with_deployer(site, bao))
    assert "vault: writing policy lab-hub" in said
    yield site
    site.remove()


@pytest.fixture
def ada(secret_site: Site) -> Iterator[Person]:
    """A user whose server runs."""
    with running(secret_site, "ada") as person:
        yield person


def test_a_notebook_keeps_its_users_secrets_and_its_token_dies_with_it(
    bao: OpenBao, secret_site: Site, ada: Person
) -> None:
    put = "from buunstack import SecretStore; s = SecretStore(); s.put('db', password='b1rd'); print(s.get('db'))"
    assert "'password': 'b1rd'" in ada.run(put)
    assert bao.ok("GET", f"{MINE}/db")["data"]["data"] == {"password": "b1rd"}

    (accessor,) = _of_notebooks(bao)
    ada.stop()

    eventually(lambda: accessor not in _of_notebooks(bao), "the token is revoked", 60)
    ada.spawn("lab")
    assert "'password': 'b1rd'" in ada.run(put)


def test_the_page_for_ones_secrets_is_reached_through_the_proxy(bao: OpenBao, secret_site: Site) -> None:
    with secret_site.reached():
        bob = secret_site.person("bob")
        page = bob.get("/services/secrets/new").text
        found = re.search(r'name="_xsrf" value="([^"]+)"', page)
        assert found, page
        sent = {"_xsrf": found[1], "key": "api", "field": "token", "value": "typed on the page"}
        answer = bob.session.post(f"{secret_site.url}/services/secrets/new", data=sent, timeout=30)
        assert answer.status_code == 200, answer.text
        assert "typed on the page" in bob.get("/services/secrets/secret?key=api&show=token").text

    assert bao.ok("GET", "secret/data/jupyter/users/lab.bob/api")["data"]["data"] == {"token": "typed on the page"}


def test_no_token_is_in_a_pod_a_secret_of_the_stack_or_a_plan(bao: OpenBao, secret_site: Site, ada: Person) -> None:
    assert ada.run("from buunstack import SecretStore; print(SecretStore().list())").startswith("[")
    deployer = Path(secret_site.environment["VAULT_TOKEN_FILE"]).read_text().strip()
    kinds = ("pods", "secrets", "configmaps")
    shown = json.dumps([secret_site.objects(kind) for kind in kinds])
    packed = [value for one in secret_site.objects("secrets") for value in (one.get("data") or {}).values()]
    shown += "".join(base64.b64decode(value).decode("utf-8", "replace") for value in packed)
    for form in ("--json", "--markdown"):
        shown += secret_site.inv("plan", form).stdout
    shown += secret_site.inv("logs", "hub", "--lines", "2000").stdout

    assert TOKEN.match(deployer)
    assert deployer not in shown
    assert bao.root_token not in shown
    assert TOKEN.findall(shown) == []


def test_an_unchanged_vault_is_left_alone_and_a_change_by_hand_is_planned_and_put_back(
    bao: OpenBao, secret_site: Site
) -> None:
    assert "nothing changed: Vault is as declared" in secret_site.inv("vault.apply").stderr
    assert secret_site.plan()["changes"] == []
    weaker = {"role_type": "jwt", "user_claim": "sub", "bound_subject": "anybody", "bound_audiences": ["x"]}
    bao.ok("POST", f"auth/{LAYOUT.hub_mount}/role/hub", body=weaker)

    said = secret_site.inv("vault.apply", "--check", code=3)

    assert "bound_subject: anybody -> system:serviceaccount:" in said.stdout
    (change,) = secret_site.plan()["changes"]
    assert change["what"] == f"vault role of login {LAYOUT.hub_mount}"
    secret_site.inv("install", "--yes")
    secret_site.inv("vault.apply", "--check")


def test_a_policy_that_was_changed_by_hand_is_one_line_of_the_drift(bao: OpenBao, secret_site: Site) -> None:
    assert secret_site.drifts("--check") == []
    place = f"sys/policies/acl/{LAYOUT.hub_policy}"
    before = bao.ok("GET", place)["data"]["policy"]
    wider = f'{before}path "secret/*" {{\n  capabilities = ["read"]\n}}\n'
    bao.ok("PUT", place, body={"policy": wider})

    (found,) = secret_site.drifts("--check", code=3)

    assert (found["object"], found["then"], found["who"]) == (
        f"vault policy {LAYOUT.hub_policy}",
        "as declared",
        "nobody tells",
    )
    assert 'path "secret/*"' in found["now"]
    assert secret_site.inv("drift").stdout.count("\n") == 1
    secret_site.inv("vault.apply")
    assert secret_site.drifts() == []


def test_without_a_credential_an_install_says_that_nobody_looked_and_the_proof_tells_what_is_missing(
    bao: OpenBao, secret_site: Site
) -> None:
    held = secret_site.environment.pop("VAULT_TOKEN_FILE")
    try:
        assert any("Vault was not looked at" in one for one in secret_site.plan()["warnings"])
        bao.ok("DELETE", f"sys/auth/{LAYOUT.hub_mount}")
        _restart_hub(secret_site)

        said = secret_site.inv("install", "--yes", "--repair", code=6).stderr

        assert "the hub cannot log in to Vault, so no server gets secrets: no login through auth/lab-hub" in said
        assert "inv vault.apply" in said
        assert "there is no credential for Vault" in secret_site.inv("vault.apply", code=1).stderr
    finally:
        secret_site.environment["VAULT_TOKEN_FILE"] = held
    secret_site.inv("vault.apply")
    secret_site.inv("install", "--yes", "--repair")


def test_another_service_account_of_the_namespace_is_not_the_hub(bao: OpenBao, secret_site: Site) -> None:
    folder = f"/api/v1/namespaces/{secret_site.namespace}/serviceaccounts"
    secret_site.kube.create(folder, {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "other"}})
    tokens = {name: _token(secret_site, name, "vault") for name in ("other", "hub")}
    tokens["for somebody else"] = _token(secret_site, "hub", "another")

    answers = {name: _login(bao, token)[0] for name, token in tokens.items()}

    assert answers == {"other": 400, "hub": 200, "for somebody else": 400}


def test_each_line_of_the_deployers_policy_is_needed(bao: OpenBao, secret_site: Site) -> None:
    whole = deployer_policy(LAYOUT, cluster=True)
    blocks = [block for block in whole.split("path ")[1:] if "leases/revoke-prefix" not in block]
    blocks = [block for block in blocks if "revoke-self" not in block]  # a lent token is not given back
    try:
        for block in blocks:
            bao.ok(
                "PUT",
                f"sys/policies/acl/{LAYOUT.deployer_policy}",
                body={"policy": whole.replace(f"path {block}", "")},
            )
            bao.ok("DELETE", f"sys/auth/{LAYOUT.hub_mount}")
            said = secret_site.inv("vault.apply", code=None)
            assert said.returncode != 0, f"without {block}"
            assert "Vault refused" in said.stderr
    finally:
        bao.ok("PUT", f"sys/policies/acl/{LAYOUT.deployer_policy}", body={"policy": whole})
        secret_site.inv("vault.apply")


def _of_notebooks(bao: OpenBao) -> list[str]:
    """Accessors of living notebook tokens."""
    accessors = bao.ok("LIST", "auth/token/accessors")["data"]["keys"]
    found = [(one, bao.call("POST", "auth/token/lookup-accessor", body={"accessor": one})[1]) for one in accessors]
    return [one for one, seen in found if LAYOUT.notebook_policy in (seen.get("data") or {}).get("policies", [])]


def _token(site: Site, account: str, audience: str) -> str:
    request = {
        "apiVersion": "authentication.k8s.io/v1",
        "kind": "TokenRequest",
        "spec": {"audiences": [audience], "expirationSeconds": 600},
    }
    path = f"/api/v1/namespaces/{site.namespace}/serviceaccounts/{account}/token"
    token: str = site.kube.create(path, request)["status"]["token"]
    return token


def _login(bao: OpenBao, token: str) -> tuple[int, Any]:
    return bao.call("POST", f"auth/{LAYOUT.hub_mount}/login", "", {"role": "hub", "jwt": token})


def _restart_hub(site: Site) -> None:
    """A hub that has no token of before."""
    path = f"/api/v1/namespaces/{site.namespace}/pods"
    (pod,) = site.objects("pods", selector="component=hub")
    site.kube.delete(f"{path}/{pod['metadata']['name']}")
    eventually(
        lambda: (
            [part["state"] for part in site.status()["parts"] if part["name"] == "hub"] == ["ready"]
            and pod["metadata"]["uid"] not in {one["metadata"]["uid"] for one in site.objects("pods")}
        ),
        "another hub is ready",
        60,
    )

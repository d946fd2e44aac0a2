"""Who gets a Vault token from a running hub, and what it opens."""

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests

from tests.hub.realhub import RealHub, hub_token
from tests.hub.vaultside import VaultSide


def _own_token(hub: RealHub, user: str, **wanted: Any) -> str:
    """A token that a user makes for herself."""
    return str(hub.api("POST", f"users/{user}/tokens", json=wanted).json()["token"])


def test_a_running_server_gets_a_token_for_its_users_secrets_alone(hub: RealHub, vault: VaultSide) -> None:
    alice, bob = hub.spawn("alice"), hub.spawn("bob")

    answer = hub.ask(hub_token(alice))

    assert answer.status_code == 200, answer.text
    got = answer.json()
    assert got.keys() == {"wrapped_token", "lease", "home", "mount", "address"}
    assert (got["lease"], got["mount"], got["address"]) == (3600, "secret", vault.bao.address)
    assert answer.headers["Cache-Control"] == "no-store"
    token = vault.unwrap(got["wrapped_token"])
    others = hub.ask(hub_token(bob)).json()["home"]
    assert vault.bao.call("POST", f"secret/data/{got['home']}/k", token, {"data": {"a": "1"}})[0] == 200
    assert vault.bao.call("GET", f"secret/data/{others}/k", token)[0] == 403


def test_each_of_a_users_servers_asks_for_itself(hub: RealHub, vault: VaultSide) -> None:
    first, second = hub.spawn("carol"), hub.spawn("carol", "two words & more")

    answers = [hub.ask(hub_token(server)).json() for server in (first, second)]

    assert answers[0]["home"] == answers[1]["home"]
    servers = [
        vault.bao.ok("GET", "auth/token/lookup-self", vault.unwrap(answer["wrapped_token"]))["data"]["meta"]["server"]
        for answer in answers
    ]
    assert servers == ["", "two words & more"]


def test_asking_again_gives_another_token(hub: RealHub) -> None:
    server = hub.spawn("dave")

    answers = [hub.ask(hub_token(server)).json()["wrapped_token"] for _ in range(2)]

    assert answers[0] != answers[1]


@pytest.mark.parametrize("content_type", ["application/json", "text/plain", "application/x-www-form-urlencoded"])
def test_no_body_is_needed_whatever_the_client_calls_it(hub: RealHub, content_type: str) -> None:
    token = hub_token(hub.spawn(f"erin-{len(content_type)}"))
    headers = {"Authorization": f"token {token}", "Content-Type": content_type}

    assert hub.session.post(f"{hub.api_url}/vault-token", headers=headers, timeout=10).status_code == 200


def test_nobody_but_the_server_itself_may_ask(hub: RealHub) -> None:
    hub.spawn("frank")
    hub.api("POST", "users/admin")
    others = {
        "junk": "junk",
        "the admin service": "",
        "all that frank may do, but no server": _own_token(hub, "frank", scopes=["self"]),
        "everything frank has": _own_token(hub, "frank"),
        "frank's right for all of his servers": _own_token(hub, "frank", scopes=["custom:vault:token!user=frank"]),
        "an administrator": _own_token(hub, "admin"),
    }

    answers = {what: hub.ask(token) for what, token in others.items()}

    assert {what: answer.status_code for what, answer in answers.items()} == dict.fromkeys(others, 403)
    assert "Only a running server" in answers["everything frank has"].json()["message"]
    assert requests.post(f"{hub.api_url}/vault-token", timeout=10).status_code == 403


def test_a_signed_in_browser_may_not_ask(hub: RealHub) -> None:
    hub.spawn("grace")
    with requests.Session() as browser:
        browser.trust_env = False
        page = f"{hub.url}/hub/login"
        browser.get(page, timeout=10)
        xsrf = {"_xsrf": browser.cookies.get("_xsrf", path="/hub/") or ""}
        browser.post(page, data={"username": "grace", "password": "x", **xsrf}, timeout=10)
        xsrf = {"X-XSRFToken": browser.cookies.get("_xsrf", path="/hub/") or ""}
        assert browser.get(f"{hub.url}/hub/api/user", headers=xsrf, timeout=10).json()["name"] == "grace"

        assert browser.post(f"{hub.url}/hub/api/vault-token", headers=xsrf, timeout=10).status_code == 403


def test_a_stopped_server_may_not_ask(hub: RealHub) -> None:
    token = hub_token(hub.spawn("heidi"))
    hub.stop_server("heidi")

    assert hub.ask(token).status_code == 403


def test_a_server_may_still_ask_after_the_hub_was_restarted(hub: RealHub) -> None:
    token = hub_token(hub.spawn("ivan"))
    hub.stop()
    hub.start()

    assert hub.ask(token).status_code == 200


def test_the_token_of_a_server_before_is_dead_also_when_the_hub_was_restarted_meanwhile(hub: RealHub) -> None:
    old = hub_token(hub.spawn("judy"))
    hub.stop()
    hub.start()
    hub.stop_server("judy")
    new = hub_token(hub.spawn("judy"))

    assert (hub.ask(old).status_code, hub.ask(new).status_code) == (403, 200)


def test_a_sealed_vault_is_said_to_be_unreachable_and_stops_no_start(hub: RealHub, vault: VaultSide) -> None:
    with vault.sealed():
        server = hub.spawn("kim")
        answer = hub.ask(hub_token(server))

    assert answer.status_code == 503
    assert answer.json()["message"] == "Vault cannot be reached now. Nothing was lost; try again in a moment."
    assert hub.ask(hub_token(server)).status_code == 200


def test_a_missing_role_is_told_to_the_log_and_not_to_the_notebook(hub: RealHub, vault: VaultSide) -> None:
    server = hub.spawn("lena")
    vault.remove_token_role()
    try:
        answer = hub.ask(hub_token(server))
    finally:
        vault.write_token_role()

    assert answer.status_code == 502
    assert answer.json() == {
        "status": 502,
        "message": "Vault gave no token. An administrator finds the reason in the hub's log.",
    }
    assert "token role jupyterhub-notebook makes no token" in hub.log.read_text()


def test_a_server_that_asks_without_end_is_slowed_and_others_are_not(hub: RealHub) -> None:
    loud, calm = hub_token(hub.spawn("mallory")), hub_token(hub.spawn("nina"))

    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda _: requests.post(**_request(hub, loud)), range(200)))

    assert {answer.status_code for answer in answers} == {200, 429}
    assert sum(answer.status_code == 200 for answer in answers) < 140
    refused = next(answer for answer in answers if answer.status_code == 429)
    assert (refused.headers["Retry-After"], "too often" in refused.json()["message"]) == ("1", True)
    assert hub.ask(calm).status_code == 200


def _request(hub: RealHub, token: str) -> dict[str, Any]:
    headers = {"Authorization": f"token {token}"}
    return {"url": f"{hub.api_url}/vault-token", "headers": headers, "timeout": 30}


@pytest.mark.parametrize("name", ["+", "*", "a+b@x.org", "al ice", "böb", 'x" {}', "{{identity.entity.id}}", "a!b=c"])
def test_a_user_with_a_nasty_name_has_secrets_that_no_other_reads(hub: RealHub, vault: VaultSide, name: str) -> None:
    got = hub.ask(hub_token(hub.spawn(name))).json()
    other = hub.ask(hub_token(hub.spawn(f"other of {name}"))).json()

    token, others = vault.unwrap(got["wrapped_token"]), vault.unwrap(other["wrapped_token"])
    path = f"secret/data/{got['home']}/k"
    assert vault.bao.call("POST", path, token, {"data": {"a": "1"}})[0] == 200
    assert vault.bao.call("GET", path, others)[0] == 403
    assert vault.bao.call("LIST", "secret/metadata/jupyter/users", token)[0] == 403


def test_who_read_what_is_in_vaults_audit_log_by_user_and_server(hub: RealHub, vault: VaultSide) -> None:
    got = hub.ask(hub_token(hub.spawn("olivia", "lab"))).json()
    path = f"secret/data/{got['home']}/audited"
    token = vault.unwrap(got["wrapped_token"])
    vault.bao.ok("POST", path, token, {"data": {"k": "not-in-the-log"}})
    vault.bao.ok("GET", path, token)

    read = [e for e in vault.bao.audited() if e["type"] == "response" and e["request"]["path"] == path]

    assert [entry["request"]["operation"] for entry in read] == ["create", "read"]
    assert {json.dumps(entry["auth"]["metadata"]) for entry in read} == {'{"server": "lab", "user": "olivia"}'}
    assert {entry["auth"]["display_name"] for entry in read} == {"token-notebook-olivia"}
    assert all(entry["auth"]["entity_id"] for entry in read)
    assert "not-in-the-log" not in json.dumps(read)
    assert token not in json.dumps(read)


def test_no_vault_token_is_in_environment_database_or_log(hub: RealHub, vault: VaultSide) -> None:
    server = hub.spawn("olivia")
    wrapped = hub.ask(hub_token(server)).json()["wrapped_token"]
    token = vault.unwrap(wrapped)

    places = {path: path.read_bytes() for path in hub.folder.rglob("*") if path.is_file()}
    assert any(path.name == "jupyterhub.sqlite" for path in places)
    found = [path for path, content in places.items() if token.encode() in content or wrapped.encode() in content]
    assert found == []
    assert not [name for name in server["environment"] if "VAULT_TOKEN" in name]
    assert server["environment"]["VAULT_ADDR"] == vault.bao.address
    assert server["environment"]["VAULT_CACERT"] == str(vault.bao.ca)

"""Programs on a cluster: a token through the API alone, a server started by its command, the service's next token."""

import base64
import json
import secrets
from typing import Any

import pytest
import requests

from apply.kept import of_fields
from render.extras import keys_secret
from tests.e2e.stack import eventually
from tests.kubernetes.site import Site, data_of, kept

SECRET = "lab-admin-service-token"


def test_a_programs_token_starts_what_the_command_shows_and_stops(installed: Site) -> None:
    token = installed.inv("token.get", "robot@firm", "--expires", "1h").stdout.strip()
    headers = {"Authorization": f"token {token}"}
    with installed.reached():
        mine = f"{installed.url}/hub/api/users/robot%40firm"
        assert requests.post(f"{mine}/server", headers=headers, json={}, timeout=60).status_code in (201, 202)
        assert requests.post(f"{mine}/tokens", headers=headers, json={}, timeout=60).status_code == 403

        started = installed.inv("server.start", "robot@firm", "--profile", "lab", "--json")

        url = json.loads(started.stdout)["url"]
        assert url == "https://hub.lab.internal/user/robot@firm/"
        inside = installed.url + url.removeprefix("https://hub.lab.internal")
        assert requests.get(f"{inside}api/status", headers=headers, timeout=60).status_code == 200
    assert [row["state"] for row in json.loads(installed.inv("server.list", "--json").stdout)] == ["ready"]
    installed.inv("server.stop", "robot@firm")
    assert json.loads(installed.inv("server.list", "--json").stdout) == []
    eventually(lambda: not installed.objects("pods", selector="component=singleuser-server"), "no server", 90)


def test_the_service_gets_another_token_and_neither_pods_nor_plans_notice(installed: Site) -> None:
    former, before = data_of(installed, SECRET), kept(installed)
    cut = installed.start("token.rotate-service")
    eventually(lambda: data_of(installed, SECRET) != former, "the change has begun", 60)
    cut.kill()
    cut.communicate()
    installed.inv("token.list")

    said = installed.inv("token.rotate-service").stderr

    present = data_of(installed, SECRET)
    assert "going on with a change that was cut short" in said
    assert (list(present), present == former) == (["token"], False)
    assert present["token"] not in said
    after = kept(installed)
    assert (after["pods"], after["deployments"]) == (before["pods"], before["deployments"])
    assert installed.plan()["changes"] == []
    assert installed.inv("install").stderr.startswith("nothing changed")


def test_a_token_of_an_earlier_install_moves_and_stays_valid(installed: Site) -> None:
    """What a stack looks like that was installed when the token was one of its keys."""
    token = data_of(installed, SECRET)["token"]
    path = f"/api/v1/namespaces/{installed.namespace}/secrets"
    keys: dict[str, Any] = installed.kube.get(f"{path}/{keys_secret('lab')}") or {}
    keys["data"]["admin_service_token"] = base64.b64encode(token.encode()).decode()
    installed.kube.replace(f"{path}/{keys_secret('lab')}", keys)
    installed.kube.delete(f"{path}/{SECRET}")
    installed.inv("token.list")  # found among the keys

    (change,) = installed.plan()["changes"]
    installed.inv("install", "--yes")

    assert (change["what"], change["details"]) == (f"secret {SECRET}", ["that of the running hub is kept"])
    assert data_of(installed, SECRET) == {"token": token}
    assert "admin_service_token" not in data_of(installed, keys_secret("lab"))
    assert installed.inv("install").stderr.startswith("nothing changed")
    installed.inv("token.list")


def test_a_token_that_the_hub_does_not_know_has_its_own_message(installed: Site) -> None:
    path = f"/api/v1/namespaces/{installed.namespace}/secrets/{SECRET}"
    there: dict[str, Any] = installed.kube.get(path) or {}
    other = {"token": base64.b64encode(secrets.token_hex(32).encode()).decode()}
    installed.kube.replace(path, {**there, "data": other})
    try:
        said = installed.inv("token.list", code=5).stderr
    finally:
        present = (installed.kube.get(path) or {})["metadata"]
        installed.kube.replace(path, {**there, "metadata": present})

    assert said.startswith("the hub does not take the token of its admin service: it was changed elsewhere, or lost\n")
    assert of_fields(data_of(installed, SECRET)) is not None


@pytest.mark.parametrize("words", [("token.get", "a/b"), ("server.start", "nobody")])
def test_a_user_who_cannot_be_is_not_made(installed: Site, words: tuple[str, ...]) -> None:
    assert "nothing was changed" in installed.inv(*words, code=1).stderr

"""Stacks on one machine whose users sign in with a provider: one's own, and a Keycloak that install runs."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.stack import InstalledStack, eventually
from tests.e2e.visitor import Visitor, typed
from tests.hub.oidc.site import Standin
from tests.keycloakserver import need_distribution

SECRET = "a-secret-from-the-providers-administrator"
PEOPLE = [{"name": "ada", "groups": ["science", "platform"]}, {"name": "grace", "groups": ["science"]}]
GROUPS = {"admin_groups": ["platform"], "allowed_groups": ["science"]}


@pytest.fixture(scope="module")
def provider() -> Iterator[Standin]:
    with Standin() as found:
        yield found


@pytest.fixture(scope="module")
def with_provider(provider: Standin, tmp_path_factory: pytest.TempPathFactory) -> Iterator[InstalledStack]:
    folder = tmp_path_factory.mktemp("oidc")
    (folder / "client").write_text(SECRET + "\n")
    oidc = {"issuer": provider.url, "client_id": "jupyterhub", "client_secret": "file:client", "name": "the lab"}
    stack = InstalledStack(folder, auth={"kind": "oidc", "oidc": oidc, **GROUPS}, vault={"enabled": False})
    stack.install()
    yield stack
    stack.remove()


def test_users_of_ones_own_provider_sign_in_and_work(with_provider: InstalledStack, provider: Standin) -> None:
    provider.account("sub-ada", "ada", "science")
    ada = Visitor(with_provider, "ada", {"sub": "sub-ada"})

    ada.spawn()

    assert ada.run("print(6 * 7)") == "42\n"
    ada.stop()
    assert json.loads(with_provider.inv("plan", "--json").stdout)["changes"] == []


def test_a_secret_that_the_provider_has_changed_is_brought_by_install_without_a_restart(
    with_provider: InstalledStack, provider: Standin
) -> None:
    provider.account("sub-ada", "ada", "science")
    ada = Visitor(with_provider, "ada", {"sub": "sub-ada"})
    hub = with_provider.pid("hub")
    with_provider.spec.with_name("client").write_text("another-secret\n")
    provider.fault(secrets=["another-secret"])

    planned = with_provider.inv("plan")
    with_provider.inv("install", "--yes")

    assert "update secret of the hub's client" in planned.stdout
    assert "secret: changed" in planned.stdout
    assert "another-secret" not in planned.stdout + planned.stderr
    assert (ada.signed_in(), with_provider.pid("hub")) == (True, hub)
    assert Visitor(with_provider, "ada", {"sub": "sub-ada"}).signed_in()


def test_a_secret_that_is_not_there_is_named_by_its_field(with_provider: InstalledStack) -> None:
    kept = with_provider.spec.with_name("client")
    text = kept.read_text()
    kept.unlink()

    refused = with_provider.inv("install", "--yes", code=None)

    kept.write_text(text)
    assert refused.returncode != 0
    assert "auth.oidc.client_secret: file:client leads to no secret" in refused.stderr


def test_what_is_the_providers_to_change_is_refused_with_the_way_to_do_it(with_provider: InstalledStack) -> None:
    refused = with_provider.inv("auth.rotate", code=1)

    assert "the client is not install's to change" in refused.stderr
    assert "let the provider make another secret" in refused.stderr


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[InstalledStack]:
    need_distribution()
    auth: dict[str, Any] = {"kind": "keycloak", "keycloak": {"embedded": True, "users": PEOPLE}, **GROUPS}
    stack = InstalledStack(tmp_path_factory.mktemp("own"), auth=auth, vault={"enabled": False})
    stack.install()
    yield stack
    stack.remove()


def password(stack: InstalledStack) -> str:
    return (stack.state / "secrets" / "first-password").read_text().strip()


def visitor(stack: InstalledStack, name: str = "ada") -> Visitor:
    return Visitor(stack, name, typed(name, password(stack)))


def test_a_keycloak_of_ones_own_is_installed_whole_and_a_second_install_changes_nothing(own: InstalledStack) -> None:
    ada = visitor(own)
    before = {part: own.pid(part) for part in ("keycloak", "hub")}

    again = own.inv("install", "--yes")

    assert ada.answer.url == f"{own.url}/hub/home"
    assert "nothing changed: the stack is as declared" in again.stderr
    assert {part: own.pid(part) for part in ("keycloak", "hub")} == before


def test_the_hubs_secret_is_changed_while_sessions_go_on(own: InstalledStack) -> None:
    ada, file = visitor(own), own.state / "secrets" / "login-client-secret"
    before = file.read_text()

    told = own.inv("auth.rotate")

    after = file.read_text()
    assert before != after
    assert len(after.split()) == 1
    assert not {before.strip(), after.strip()} & set((told.stdout + told.stderr).split())
    assert ada.signed_in()
    assert visitor(own).signed_in()


def test_what_somebody_changes_in_the_realm_is_planned_and_put_right(own: InstalledStack) -> None:
    own.declare(auth=own.content["auth"] | {"allowed_groups": ["science", "guests/summer"]}, vault={"enabled": False})

    planned = json.loads(own.inv("plan", "--json").stdout)["changes"]
    own.inv("install", "--yes")

    login = {change["what"] for change in planned if change["layer"] == "login"}
    assert login == {"group guests", "group guests/summer"}
    assert json.loads(own.inv("plan", "--json").stdout)["changes"] == []


def test_a_keycloak_that_is_killed_is_back_with_its_users(own: InstalledStack) -> None:
    ada, pid = visitor(own), own.pid("keycloak")
    os.kill(pid, 9)
    during = ada.signed_in()

    eventually(lambda: own.healthy() and own.pid("keycloak") != pid, "Keycloak is back", 90)

    assert during
    assert visitor(own).signed_in()


def test_accounts_outlive_an_uninstall(own: InstalledStack) -> None:
    kept: Path = own.state / "secrets" / "first-password"
    known = kept.read_text()

    own.inv("uninstall", "--yes")
    own.install()

    assert kept.read_text() == known
    assert visitor(own).signed_in()

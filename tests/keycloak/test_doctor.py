"""`inv doctor` and a real Keycloak: nothing to say of a healthy realm, and each fault has its own finding."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from apply import keycloaklayer
from apply.keycloak import Keycloak, service_account
from apply.keycloakreading import group_id, user_of
from tests.keycloak.lab import INSTALLER, URL, Lab, quiet
from tests.openbao import certificates, free_port
from tests.patient import SECRET, Patient, parsed

USERS = "[{name: ada, groups: [admins]}, {name: bob, groups: [science/physics]}]"


def patient(lab: Lab, manage: str = "realm", **more: str) -> Patient:
    """A stack with this realm, and the installer as `lab` has made it."""
    fields = {"realm": {"users": USERS, "admin_secret": "env:NOBODY"}}.get(manage, {})
    grant = service_account(INSTALLER, lab.secret)
    return Patient(lab.stack(manage, **(fields | more)), URL, lambda: Keycloak(lab.server.address, lab.realm, grant))


def healthy(lab: Lab) -> Patient:
    """A realm that the stack's own layer has made."""
    found = patient(lab)
    declared = lab.declared("realm", users=USERS)
    keycloaklayer.write(lab.able("realm"), declared, SECRET, quiet)
    return found


def realm(lab: Lab, **fields: Any) -> None:
    lab.admin.put(lab.realm, lab.admin.get(lab.realm) | fields)


def remove_client(lab: Lab) -> None:
    lab.admin.delete(f"{lab.realm}/clients/{lab.client()['id']}")


def remove_group(lab: Lab) -> None:
    lab.admin.delete(f"{lab.realm}/groups/{group_id(lab.admin, lab.realm, 'admins')}")


def leave_group(lab: Lab) -> None:
    user, group = user_of(lab.admin, lab.realm, "ada"), group_id(lab.admin, lab.realm, "admins")
    assert user is not None
    lab.admin.delete(f"{lab.realm}/users/{user['id']}/groups/{group}")


def short_names(lab: Lab) -> None:
    mapper = lab.client()["protocolMappers"][0]
    path = f"{lab.realm}/clients/{lab.client()['id']}/protocol-mappers/models/{mapper['id']}"
    lab.admin.put(path, {**mapper, "config": mapper["config"] | {"full.path": "false"}})


def remove_scope(lab: Lab) -> None:
    path = f"{lab.realm}/clients/{lab.client()['id']}/default-client-scopes"
    found = {scope["name"]: scope["id"] for scope in lab.admin.get(path)}
    lab.admin.delete(f"{path}/{found['profile']}")


FAULTS: dict[str, tuple[Callable[[Lab], None], tuple[str, str]]] = {
    "realm disabled": (lambda lab: realm(lab, enabled=False), ("AUTH103", "error")),
    "issuer of another name": (
        lambda lab: realm(lab, attributes={"frontendUrl": "https://elsewhere.internal"}),
        ("AUTH104", "error"),
    ),
    "client deleted": (remove_client, ("AUTH110", "error")),
    "client disabled": (lambda lab: lab.change_client(enabled=False), ("AUTH110", "error")),
    "redirect removed": (
        lambda lab: lab.change_client(redirectUris=["https://elsewhere.internal/"]),
        ("AUTH111", "error"),
    ),
    "secret changed": (lambda lab: lab.change_client(secret="another-one"), ("AUTH112", "error")),
    "PKCE not required": (
        lambda lab: lab.change_client(attributes={"pkce.code.challenge.method": ""}),
        ("AUTH113", "error"),
    ),
    "public": (lambda lab: lab.change_client(publicClient=True), ("AUTH114", "error")),
    "scope removed": (remove_scope, ("AUTH115", "error")),
    "direct grants": (lambda lab: lab.change_client(directAccessGrantsEnabled=True), ("AUTH116", "error")),
    "service account": (lambda lab: lab.change_client(serviceAccountsEnabled=True), ("AUTH116", "error")),
    "redirect to anywhere": (lambda lab: lab.change_client(redirectUris=["*"]), ("AUTH117", "error")),
    "redirect to any page": (
        lambda lab: lab.change_client(redirectUris=["https://hub.lab.internal/*"]),
        ("AUTH117", "error"),
    ),
    "implicit flow": (lambda lab: lab.change_client(implicitFlowEnabled=True), ("AUTH118", "warning")),
    "installer too weak": (lambda lab: lab.account("view-clients", "view-realm"), ("AUTH120", "error")),
    "group removed": (remove_group, ("AUTH130", "error")),
    "short names of groups": (short_names, ("AUTH131", "error")),
    "group empty": (leave_group, ("AUTH133", "warning")),
    "access tokens for an hour": (lambda lab: realm(lab, accessTokenLifespan=3600), ("AUTH134", "warning")),
    "users rename themselves": (lambda lab: realm(lab, editUsernameAllowed=True), ("AUTH135", "warning")),
}


def test_a_healthy_realm_has_no_finding(lab: Lab) -> None:
    assert healthy(lab).findings() == []


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_has_its_own_finding_and_no_other(lab: Lab, name: str) -> None:
    break_it, expected = FAULTS[name]
    found = healthy(lab)
    break_it(lab)

    assert found.codes() == [expected], found.findings()


def test_without_an_installer_the_client_is_still_judged(lab: Lab) -> None:
    healthy(lab)
    found = patient(lab, "none", client_secret="env:NOBODY")

    assert found.findings() == []
    lab.change_client(publicClient=True, directAccessGrantsEnabled=True)
    assert found.codes() == [("AUTH114", "error"), ("AUTH116", "error")]
    assert "ask" in found.findings()[0].repair or "administrator" in found.findings()[0].repair


def test_a_realm_that_is_not_there(lab: Lab) -> None:
    found = healthy(lab)
    found.stack = lab.stack("realm", realm="nowhere", admin_secret="env:NOBODY")

    assert found.codes() == [("AUTH103", "error")]


def test_everybody_may_make_an_account_and_everybody_may_come_in(lab: Lab) -> None:
    found = healthy(lab)
    text = lab.text("realm", admin_secret="env:NOBODY").replace("allowed_groups: [science/physics]", "allow_all: true")
    found.stack = parsed(text)
    assert found.findings() == []

    realm(lab, registrationAllowed=True)

    assert found.codes() == [("AUTH136", "error")]


def test_an_account_of_master_is_refused(lab: Lab) -> None:
    found = healthy(lab)
    found.connect = lab.server.admin

    assert found.codes() == [("AUTH121", "error")]


def test_an_installer_with_a_wrong_secret(lab: Lab) -> None:
    found = healthy(lab)
    lab.secret = "not-it"

    assert patient(lab).codes() == [("AUTH122", "error")]
    assert found.stack.auth.kind == "keycloak"


def test_a_certificate_of_an_authority_that_is_trusted_and_of_one_that_is_not(lab: Lab, tmp_path: Path) -> None:
    healthy(lab)
    text = lab.text("none", client_secret="env:NOBODY").replace(lab.server.address, lab.server.https_address)
    trusted = Patient(parsed(f"{text}ca: {lab.server.ca}\n"), URL)
    other = Patient(parsed(f"{text}ca: {certificates(tmp_path).ca}\n"), URL)

    assert [code for code, _ in trusted.codes()] in ([], ["AUTH106"])
    assert other.codes() == [("AUTH102", "error")]


def test_a_provider_that_is_away(lab: Lab) -> None:
    text = lab.text("none", client_secret="env:NOBODY").replace(str(lab.server.port), str(free_port()))

    assert Patient(parsed(text), URL).codes() == [("AUTH101", "error")]


def test_the_secret_of_the_hub_is_not_the_one_at_its_place(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    healthy(lab)
    monkeypatch.setenv("HUB_SECRET", "a-newer-one")

    assert patient(lab, "none", client_secret="env:HUB_SECRET").codes() == [("AUTH151", "error")]

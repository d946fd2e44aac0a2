"""The least roles of each level: enough together, and none of them too many."""

import pytest

from apply import keycloaklayer
from apply.keycloak import Keycloak, person
from apply.keycloakreading import client_of, path_of
from apply.keycloakrights import NEEDED
from spec.errors import StackError
from tests.keycloak.lab import INSTALLER, Lab, quiet

USERS = "[{name: ada, groups: [admins]}]"
CASES = [(manage, work, role) for manage, works in NEEDED.items() for work, roles in works.items() for role in roles]


def run(keycloak: Keycloak, lab: Lab, manage: str, work: str) -> None:
    declared = lab.declared(manage, users=USERS) if manage == "realm" else lab.declared(manage)
    if work == "plan":
        keycloaklayer.examine(keycloak, declared, "secret")
    else:
        keycloaklayer.write(keycloak, declared, "secret", quiet)


@pytest.mark.parametrize("manage", NEEDED)
def test_the_documented_roles_are_enough(lab: Lab, manage: str) -> None:
    run(lab.able(manage, "plan"), lab, manage, "plan")
    run(lab.able(manage, "apply"), lab, manage, "apply")
    run(lab.able(manage, "apply"), lab, manage, "plan")

    assert lab.installer().roles() == set(NEEDED[manage]["apply"])


@pytest.mark.parametrize(("manage", "work", "role"), CASES)
def test_each_of_them_is_needed_and_named_when_it_is_missing(lab: Lab, manage: str, work: str, role: str) -> None:
    roles = [other for other in NEEDED[manage][work] if other != role]
    weak = lab.account(*roles)

    with pytest.raises(StackError, match=f"AUTH120 the installer lacks role {role} \\(has: {', '.join(sorted(roles))}"):
        run(weak, lab, manage, work)

    assert weak.writes == 0


def test_an_account_without_rights_is_refused_although_keycloak_answers_it_with_empty_lists(lab: Lab) -> None:
    weak = lab.account()

    assert weak.get(f"{lab.realm}/groups") in ([], None)
    with pytest.raises(StackError, match=r"AUTH120 .* \(has: none\)"):
        keycloaklayer.examine(weak, lab.declared("groups"), None)


def test_the_view_roles_cannot_write(lab: Lab) -> None:
    viewer = lab.able("realm", "plan")

    with pytest.raises(StackError, match="AUTH120"):
        keycloaklayer.write(viewer, lab.declared("realm"), None, quiet)
    with pytest.raises(StackError, match="AUTH120 Keycloak does not permit POST"):
        viewer.post(path_of(lab.realm, "groups"), {"name": "mine"})


@pytest.mark.parametrize("manage", NEEDED)
def test_the_installer_cannot_become_an_administrator_of_the_realm(lab: Lab, manage: str) -> None:
    installer = lab.able(manage)
    client = client_of(lab.admin, lab.realm, INSTALLER)
    rights = client_of(lab.admin, lab.realm, "realm-management")
    assert client is not None
    assert rights is not None
    user = lab.admin.get(path_of(lab.realm, "clients", client["id"], "service-account-user"))
    role = lab.admin.get(path_of(lab.realm, "clients", rights["id"], "roles", "realm-admin"))
    mapper = {
        "name": "all",
        "protocol": "openid-connect",
        "protocolMapper": "oidc-hardcoded-role-mapper",
        "config": {"role": "realm-management.realm-admin"},
    }

    with pytest.raises(StackError, match="AUTH120"):
        installer.post(path_of(lab.realm, "users", user["id"], "role-mappings", "clients", rights["id"]), [role])
    with pytest.raises(StackError):
        installer.post(path_of(lab.realm, "clients", client["id"], "protocol-mappers", "models"), mapper)
    assert lab.installer().roles() == set(NEEDED[manage]["apply"])


def test_the_master_admin_is_refused(lab: Lab) -> None:
    with pytest.raises(StackError, match="AUTH121 refusing the master admin account"):
        keycloaklayer.write(lab.admin, lab.declared("client"), None, quiet)


def test_the_master_admin_is_refused_by_password_as_well(lab: Lab) -> None:
    lab.admin.post("master/users", {"username": lab.realm, "enabled": True})
    user = lab.admin.get("master/users", username=lab.realm, exact="true")[0]
    try:
        path = f"master/users/{user['id']}"
        lab.admin.put(f"{path}/reset-password", {"type": "password", "value": "a-long-password", "temporary": False})
        lab.admin.post(f"{path}/role-mappings/realm", [lab.admin.get("master/roles/admin")])
        admin = Keycloak(lab.server.address, "master", person(lab.realm, "a-long-password"))

        with pytest.raises(StackError, match="AUTH121"):
            keycloaklayer.examine(admin, lab.declared("client"), None)
    finally:
        lab.admin.delete(f"master/users/{user['id']}")

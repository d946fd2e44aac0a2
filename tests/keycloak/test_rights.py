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

MAPPERS = [
    {
        "name": "role",
        "protocol": "openid-connect",
        "protocolMapper": "oidc-hardcoded-role-mapper",
        "config": {"role": "realm-management.realm-admin"},
    },
    {
        "name": "claim",
        "protocol": "openid-connect",
        "protocolMapper": "oidc-hardcoded-claim-mapper",
        "config": {
            "claim.name": "resource_access.realm-management.roles",
            "claim.value": '["realm-admin", "manage-events"]',
            "jsonType.label": "JSON",
            "access.token.claim": "true",
        },
    },
]


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

    with pytest.raises(StackError, match=f"AUTH120 the installer lacks role {role} ") as refused:
        run(weak, lab, manage, work)

    assert all(other in refused.value.message for other in roles)
    assert weak.writes == 0


def test_a_weak_account_is_refused_although_keycloak_answers_it_with_empty_lists(lab: Lab) -> None:
    lab.admin.post(path_of(lab.realm, "groups"), {"name": "admins"})
    weak = lab.account("query-groups", "query-clients")

    assert weak.get(path_of(lab.realm, "groups")) == []
    assert weak.get(path_of(lab.realm, "clients")) == []
    with pytest.raises(StackError, match=r"AUTH120 .* \(has: query-clients, query-groups\)"):
        keycloaklayer.examine(weak, lab.declared("groups"), None)


def test_the_view_roles_cannot_write(lab: Lab) -> None:
    viewer = lab.able("realm", "plan")

    with pytest.raises(StackError, match="AUTH120"):
        keycloaklayer.write(viewer, lab.declared("realm"), None, quiet)
    with pytest.raises(StackError, match="AUTH120 Keycloak does not permit POST"):
        viewer.post(path_of(lab.realm, "groups"), {"name": "mine"})


@pytest.mark.parametrize("manage", NEEDED)
def test_the_installer_cannot_make_itself_an_administrator_of_the_realm(lab: Lab, manage: str) -> None:
    """Keycloak takes the mappers, and grants nothing for them."""
    installer = lab.able(manage)
    client, rights = (client_of(lab.admin, lab.realm, name) for name in (INSTALLER, "realm-management"))
    assert client is not None
    assert rights is not None
    user = lab.admin.get(path_of(lab.realm, "clients", client["id"], "service-account-user"))
    role = lab.admin.get(path_of(lab.realm, "clients", rights["id"], "roles", "realm-admin"))
    grant = path_of(lab.realm, "users", user["id"], "role-mappings", "clients", rights["id"])

    with pytest.raises(StackError, match="AUTH120"):
        installer.post(grant, [role])
    for mapper in MAPPERS:
        installer.post(path_of(lab.realm, "clients", client["id"], "protocol-mappers", "models"), mapper)
    again = lab.installer()

    assert again.roles() == set(NEEDED[manage]["apply"])
    with pytest.raises(StackError, match="AUTH120"):
        again.put(path_of(lab.realm, "events", "config"), {"eventsEnabled": False})


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

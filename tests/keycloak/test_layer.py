"""The stack's part of a realm: planned, written, repaired, and nothing else touched."""

import pytest

from apply import keycloaklayer
from apply.plan import Change
from spec.errors import AppliedInPart
from tests.keycloak.lab import Lab, quiet

SECRET = "a-secret-of-the-hub-0123456789"
USERS = "[{name: ada, groups: [admins]}, {name: bob, groups: [science/physics]}]"
CLIENT = ["client jupyterhub"]
GROUPS = ["group admins", "group science", "group science/physics"]
MADE = {
    "client": CLIENT,
    "groups": CLIENT + GROUPS,
    "realm": [*CLIENT, *GROUPS, "user ada", "user bob"],
}


def titles(changes: list[Change]) -> list[str]:
    return [change.what for change in changes]


def details(changes: list[Change]) -> list[str]:
    return [line for change in changes for line in change.details]


@pytest.mark.parametrize("manage", MADE)
def test_a_plan_writes_nothing_an_apply_all_of_it_and_a_second_apply_nothing(lab: Lab, manage: str) -> None:
    declared = lab.declared(manage, users=USERS) if manage == "realm" else lab.declared(manage)
    planner = lab.able(manage, "plan")
    planned, _ = keycloaklayer.examine(planner, declared, SECRET)
    installer = lab.able(manage)

    made = keycloaklayer.write(installer, declared, SECRET, quiet)
    again = lab.installer()

    assert planner.writes == 0
    assert planned == made
    assert [title for title in titles(made) if not title.startswith("realm ")] == MADE[manage]
    assert keycloaklayer.write(again, declared, SECRET, quiet) == []
    assert again.writes == 0
    assert keycloaklayer.examine(lab.able(manage, "plan"), declared, SECRET)[0] == []


def test_the_client_is_made_whole(lab: Lab) -> None:
    keycloaklayer.write(lab.able("client"), lab.declared("client"), SECRET, quiet)
    client = lab.client()

    assert client["secret"] == SECRET
    assert client["redirectUris"] == ["https://hub.lab.internal/hub/oauth_callback"]
    assert client["webOrigins"] == []
    assert sorted(client["defaultClientScopes"]) == ["basic", "email", "profile"]
    assert [mapper["config"]["full.path"] for mapper in client["protocolMappers"]] == ["true"]


def test_what_was_changed_by_hand_is_shown_field_by_field_and_repaired(lab: Lab) -> None:
    declared, installer = lab.declared("client"), lab.able("client")
    keycloaklayer.write(installer, declared, SECRET, quiet)
    mapper = lab.client()["protocolMappers"][0]
    broken = {**mapper, "config": mapper["config"] | {"full.path": "false"}}
    path = f"{lab.realm}/clients/{lab.client()['id']}"
    lab.admin.put(f"{path}/protocol-mappers/models/{mapper['id']}", broken)
    lab.change_client(
        redirectUris=["*"],
        directAccessGrantsEnabled=True,
        attributes={"pkce.code.challenge.method": ""},
    )

    planned, _ = keycloaklayer.examine(installer, declared, SECRET)
    keycloaklayer.write(installer, declared, SECRET, quiet)

    assert details(planned) == [
        "directAccessGrantsEnabled: true -> false",
        "redirectUris: [*] -> [https://hub.lab.internal/hub/oauth_callback]",
        "attributes.pkce.code.challenge.method: not set -> S256",
        "config.full.path: false -> true",
    ]
    assert keycloaklayer.examine(installer, declared, SECRET)[0] == []


def test_a_client_that_was_made_public_is_confidential_again_and_has_the_hubs_secret(lab: Lab) -> None:
    declared, installer = lab.declared("client"), lab.able("client")
    keycloaklayer.write(installer, declared, SECRET, quiet)
    lab.change_client(publicClient=True)

    made = keycloaklayer.write(installer, declared, SECRET, quiet)

    assert "publicClient: true -> false" in details(made)
    assert lab.client()["secret"] == SECRET
    assert keycloaklayer.examine(installer, declared, SECRET)[0] == []


def test_a_secret_that_was_changed_by_hand_is_never_shown_and_is_pushed(lab: Lab) -> None:
    declared, installer = lab.declared("client"), lab.able("client")
    keycloaklayer.write(installer, declared, SECRET, quiet)
    other = lab.admin.post(f"{lab.realm}/clients/{lab.client()['id']}/client-secret", None)["value"]

    made = keycloaklayer.write(installer, declared, SECRET, quiet)

    assert details(made) == ["secret: changed"]
    assert lab.client()["secret"] == SECRET != other


def test_without_a_secret_the_clients_own_is_left_alone(lab: Lab) -> None:
    declared, installer = lab.declared("client"), lab.able("client")
    keycloaklayer.write(installer, declared, None, quiet)
    before = lab.client()["secret"]
    lab.change_client(redirectUris=["*"])

    keycloaklayer.write(installer, declared, None, quiet)

    assert lab.client()["secret"] == before


def test_scopes_that_were_added_or_taken_away_are_put_right(lab: Lab) -> None:
    declared, installer = lab.declared("client"), lab.able("client")
    keycloaklayer.write(installer, declared, None, quiet)
    known = {scope["name"]: scope["id"] for scope in lab.admin.get(f"{lab.realm}/client-scopes")}
    path = f"{lab.realm}/clients/{lab.client()['id']}/default-client-scopes"
    lab.admin.delete(f"{path}/{known['basic']}")
    lab.admin.put(f"{path}/{known['roles']}")

    made = keycloaklayer.write(installer, declared, None, quiet)

    assert titles(made) == ["scopes by default of client jupyterhub"]
    assert sorted(lab.client()["defaultClientScopes"]) == ["basic", "email", "profile"]


def test_what_the_stack_does_not_name_stays(lab: Lab) -> None:
    declared, installer = lab.declared("client"), lab.able("client")
    keycloaklayer.write(installer, declared, None, quiet)
    lab.change_client(description="of the physicists", redirectUris=["*"], attributes={"acr.loa.map": '{"a": 1}'})

    keycloaklayer.write(installer, declared, None, quiet)

    assert lab.client()["description"] == "of the physicists"
    assert lab.client()["attributes"]["acr.loa.map"] == '{"a": 1}'


def test_groups_that_are_not_managed_are_named(lab: Lab) -> None:
    lab.admin.post(f"{lab.realm}/groups", {"name": "science"})
    planner = lab.account("view-clients", "view-realm", "view-users")

    _, warnings = keycloaklayer.examine(planner, lab.declared("client"), None)

    named = [warning for warning in warnings if warning.startswith("AUTH130")]
    assert [warning.split()[2] for warning in named] == ["admins", "science/physics"]


def test_sessions_are_no_longer_than_somebody_elses_realm_lets_them_be(lab: Lab) -> None:
    declared, installer = lab.declared("client", session_idle="1h"), lab.able("client")
    declared["client"]["attributes"]["client.session.max.lifespan"] = "7200"
    _, warnings = keycloaklayer.examine(installer, declared, None)

    keycloaklayer.write(installer, declared, None, quiet)

    assert [warning for warning in warnings if warning.startswith("AUTH132")] == [
        f"AUTH132 realm {lab.realm} ends sessions after 30m, before auth.keycloak.session_idle (1h)"
    ]
    assert lab.client()["attributes"]["client.session.idle.timeout"] == "1800"
    assert lab.client()["attributes"]["client.session.max.lifespan"] == "7200"


def test_a_group_that_somebody_else_makes_meanwhile_is_no_failure(lab: Lab) -> None:
    declared, installer = lab.declared("groups"), lab.able("groups")

    def tell(text: str) -> None:
        if text.endswith("group science"):
            lab.admin.post(f"{lab.realm}/groups", {"name": "science"})

    keycloaklayer.write(installer, declared, None, tell)

    assert keycloaklayer.examine(installer, declared, None)[0] == []


def test_groups_may_have_any_name(lab: Lab) -> None:
    declared, installer = lab.declared("groups"), lab.able("groups")
    declared["groups"] = ["Über uns", "Über uns/50% + x?", "Über uns/a.b#c"]

    made = keycloaklayer.write(installer, declared, None, quiet)

    assert titles(made)[1:] == [f"group {path}" for path in declared["groups"]]
    assert keycloaklayer.examine(installer, declared, None)[0] == []


def test_a_failure_in_the_middle_says_what_was_written_before(lab: Lab) -> None:
    declared, installer = lab.declared("groups"), lab.able("groups")

    def tell(text: str) -> None:
        if text.endswith("group science/physics"):
            identity = lab.admin.get(f"{lab.realm}/group-by-path/science")["id"]
            lab.admin.delete(f"{lab.realm}/groups/{identity}")

    with pytest.raises(AppliedInPart, match="written in Keycloak before: client jupyterhub, group admins"):
        keycloaklayer.write(installer, declared, None, tell)

    keycloaklayer.write(installer, declared, None, quiet)
    assert keycloaklayer.examine(installer, declared, None)[0] == []


def test_users_get_missing_memberships_and_lose_none(lab: Lab) -> None:
    declared, installer = lab.declared("realm", users=USERS), lab.able("realm")
    keycloaklayer.write(installer, declared, None, quiet)
    bob = lab.admin.get(f"{lab.realm}/users", username="bob", exact="true")[0]
    ids = {path: lab.admin.get(f"{lab.realm}/group-by-path/{path}")["id"] for path in ("admins", "science/physics")}
    lab.admin.delete(f"{lab.realm}/users/{bob['id']}/groups/{ids['science/physics']}")
    lab.admin.put(f"{lab.realm}/users/{bob['id']}/groups/{ids['admins']}")

    made = keycloaklayer.write(installer, declared, None, quiet)

    groups = {group["path"] for group in lab.admin.get(f"{lab.realm}/users/{bob['id']}/groups")}
    assert details(made) == ["groups: [admins] -> [admins, science/physics]"]
    assert groups == {"/admins", "/science/physics"}
    assert (bob["firstName"], bob["email"]) == ("bob", "bob@example.invalid")


def test_the_realms_settings_are_kept_and_the_others_left_alone(lab: Lab) -> None:
    lab.admin.put(lab.realm, {"revokeRefreshToken": True, "accessTokenLifespan": 3000})
    declared, installer = lab.declared("realm"), lab.able("realm")

    made = keycloaklayer.write(installer, declared, None, quiet)

    live = lab.admin.get(lab.realm)
    assert "accessTokenLifespan: 3000 -> 300" in details(made)
    assert (live["accessTokenLifespan"], live["ssoSessionIdleTimeout"], live["ssoSessionMaxLifespan"]) == (
        300,
        86400,
        604800,
    )
    assert live["bruteForceProtected"]
    assert live["revokeRefreshToken"]

"""What a stack asks of a realm, by level."""

from typing import Any

from render.keycloak import keycloak_objects
from spec.load import parse

PLACEHOLDER = "@{public_url}"
HEAD = "version: 1\ntarget: {kind: kubernetes}\nhub: {host: hub.lab.internal}\n"


def declared(auth: str, more: str = "") -> dict[str, Any] | None:
    return keycloak_objects(parse(f"{HEAD}auth: {auth}\n{more}", "stack.yaml")[0], PLACEHOLDER)


def keycloak(settings: str, auth: str = "", more: str = "") -> dict[str, Any]:
    text = f"{{kind: keycloak, {auth}keycloak: {{url: 'https://auth.lab.internal', admin_secret: env:A, {settings}}}}}"
    found = declared(text, more)
    assert found is not None
    return found


def test_nothing_without_keycloak_and_nothing_when_nothing_is_managed() -> None:
    assert declared("{kind: native}") is None
    assert (
        declared("{kind: keycloak, keycloak: {url: 'https://auth.lab.internal', manage: none, client_secret: env:A}}")
        is None
    )


def test_the_client_takes_codes_with_pkce_at_one_address_and_nothing_else() -> None:
    client = keycloak("session_idle: 8h, session_max: 8d")["client"]

    assert client["redirectUris"] == ["@{public_url}hub/oauth_callback"]
    assert [name for name, value in client.items() if value is True] == ["enabled", "standardFlowEnabled"]
    assert client["attributes"] == {
        "pkce.code.challenge.method": "S256",
        "post.logout.redirect.uris": "@{public_url}hub/login",
        "backchannel.logout.url": "@{public_url}hub/backchannel-logout",
        "backchannel.logout.session.required": "true",
        "client.session.idle.timeout": "28800",
        "client.session.max.lifespan": "691200",
    }


def test_groups_of_every_part_of_the_file_come_with_those_above_them_first() -> None:
    profile = "profiles: {gpu: {display_name: GPU, image: 'a:1', groups: [science/physics/lab]}}"
    more = f"{profile}\nstorage: {{shared: {{data: {{groups: [staff]}}}}}}"

    found = keycloak("manage: groups", "admin_groups: [admins], allowed_groups: [science/physics], ", more)

    assert found["groups"] == ["admins", "science", "science/physics", "science/physics/lab", "staff"]


def test_settings_and_users_are_of_the_level_realm_alone() -> None:
    users = "users: [{name: ada, groups: [b, a]}, {name: grace@lab.internal}]"
    found = keycloak(f"manage: realm, access_token_lifespan: 2m, {users}")

    assert found["settings"]["accessTokenLifespan"] == 120
    assert found["groups"] == ["a", "b"]
    assert [(user["username"], user["email"], user["groups"]) for user in found["users"]] == [
        ("ada", "ada@example.invalid", ["a", "b"]),
        ("grace@lab.internal", "grace@lab.internal", []),
    ]
    assert not {"settings", "users"} & keycloak("manage: groups").keys()

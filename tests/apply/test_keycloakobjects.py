"""What differs in a realm: declared fields alone, lists as sets, never a secret."""

from typing import Any

from apply.keycloakobjects import KeycloakObject, Seen, changes, compared, differences, merged, objects, warnings

DECLARED: dict[str, Any] = {
    "realm": "lab",
    "manage": "client",
    "client": {
        "clientId": "hub",
        "webOrigins": [],
        "redirectUris": ["b", "a"],
        "attributes": {"client.session.idle.timeout": "3600", "client.session.max.lifespan": "7200"},
    },
    "scopes": ["basic"],
    "mapper": {"name": "groups", "config": {"claim.name": "groups", "full.path": "true"}},
    "groups": ["admins"],
}
REALM = {"ssoSessionIdleTimeout": 3600, "ssoSessionMaxLifespan": 7200}


def live(**fields: Any) -> Seen:
    client = {**DECLARED["client"], "id": "1", "secret": "old", "protocolMappers": [DECLARED["mapper"]], **fields}
    return Seen(client, ["basic"], {}, REALM)


def test_the_order_of_a_list_and_what_nobody_declared_make_no_difference() -> None:
    assert changes(objects(DECLARED, live(redirectUris=["a", "b"], notBefore=7), None)) == []


def test_a_secret_is_said_to_have_changed_and_stays_out_of_every_text() -> None:
    found = objects(DECLARED, live(), "new")

    assert [change.details for change in changes(found)] == [("secret: changed",)]
    assert "new" not in repr(found)
    assert not [row for row in compared(DECLARED, live()) if row[0] == "secret"]


def test_an_empty_text_is_what_is_not_set() -> None:
    one = KeycloakObject("client", "hub", {"attributes": {"a": ""}}, {"attributes": {}})

    assert differences(one) == []


def test_a_part_that_is_missing_is_made_alone() -> None:
    found = changes(objects(DECLARED, live(protocolMappers=[]), None))

    assert [(change.action, change.what) for change in found] == [("create", "mapper groups of client hub")]


def test_sessions_fit_in_the_realm_and_a_warning_says_so() -> None:
    narrow = Seen(None, [], {"admins": "1"}, REALM | {"ssoSessionIdleTimeout": 1800})

    (client,) = objects(DECLARED, narrow, None)

    assert client.body["attributes"]["client.session.idle.timeout"] == "1800"
    assert warnings(DECLARED, narrow) == (
        "AUTH132 realm lab ends sessions after 30m, before auth.keycloak.session_idle (1h)",
    )


def test_a_second_mapper_of_the_same_claim_is_named() -> None:
    short = {"name": "old", "config": {"claim.name": "groups", "full.path": "false"}}
    seen = live(protocolMappers=[DECLARED["mapper"], short, {"name": "other", "config": {}}])

    assert [warning.split(" writes ")[0] for warning in warnings(DECLARED, seen) if "AUTH131" in warning] == [
        "AUTH131 mapper old of client hub"
    ]


def test_groups_that_nobody_could_look_for_are_named() -> None:
    (warning,) = warnings(DECLARED, Seen(None, [], None, REALM))

    assert warning.startswith("AUTH130 nobody looked")
    assert warning.endswith(": admins")


def test_what_is_sent_holds_all_that_was_there() -> None:
    assert merged({"a": 1, "b": {"c": 2}}, {"b": {"d": 3}}) == {"a": 1, "b": {"c": 2, "d": 3}}

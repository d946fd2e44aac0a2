"""Who would lose a home or a login, by the rules that hub and KubeSpawner follow."""

from typing import Any

import pytest

from apply.losses import EMPTY, FOUND, NONE, REFUSED, Claim, homes, logins

NEW, FORMER = "claim-ada-example-org---1234", "claim-ada-40example-2eorg"
ADA = "ada@example.org"
NAMES = {ADA: {"new": NEW, "former": FORMER}}
AUTH: dict[str, Any] = {
    "kind": "native",
    "username_pattern": "",
    "allow_all": False,
    "allowed_users": [],
    "admin_users": ["admin"],
}


def record(state: dict[str, str], *, new: bool = False) -> list[dict[str, Any]]:
    return [{"user": ADA, "server": "", "running": False, "state": state, "new": new}]


@pytest.mark.parametrize(
    ("claims", "servers", "outcome", "place"),
    [
        ([], [], NONE, ""),
        ([Claim(NEW, ADA)], [], FOUND, NEW),
        ([Claim(NEW, "")], [], FOUND, NEW),
        ([Claim(NEW, "somebody")], [], REFUSED, ""),
        ([Claim(FORMER, ADA)], [], FOUND, FORMER),
        ([Claim(FORMER, ADA, server="second")], [], FOUND, FORMER),
        ([Claim(FORMER, "")], [], EMPTY, FORMER),
        ([Claim(FORMER, "")], record({}, new=True), EMPTY, FORMER),
        ([Claim(FORMER, "")], record({}), FOUND, FORMER),
        ([Claim(FORMER, "")], record({"kubespawner_version": "7.0.0"}), EMPTY, FORMER),
        (
            [Claim("claim-kept", ADA)],
            record({"pvc_name": "claim-kept", "kubespawner_version": "7.0.0"}),
            FOUND,
            "claim-kept",
        ),
        ([Claim("a", ADA), Claim("b", ADA)], [], REFUSED, ""),
        ([Claim("claim-of-one-server", ADA, server="second")], [], EMPTY, "claim-of-one-server"),
    ],
)
def test_a_home_is_found_or_somebody_is_told(
    claims: list[Claim], servers: list[dict[str, Any]], outcome: str, place: str
) -> None:
    (home,) = homes(NAMES, servers, claims)

    assert (home.outcome, home.claim) == (outcome, place)


@pytest.mark.parametrize(
    ("changes", "user", "refused"),
    [
        ({}, {"has_password": True}, False),
        ({}, {"has_password": False}, True),
        ({"username_pattern": "[a-z]+"}, {"has_password": True}, True),
        ({"kind": "dummy"}, {}, True),
        ({"kind": "dummy", "allow_all": True}, {}, False),
        ({"kind": "dummy", "admin_users": [ADA]}, {}, False),
        ({"kind": "dummy", "allowed_users": ["bob"]}, {}, False),
    ],
)
def test_a_login_is_refused_for_a_reason(changes: dict[str, Any], user: dict[str, Any], refused: bool) -> None:
    settings = {"auth": AUTH | changes, "provider": None}
    found = logins({}, settings, [{"name": ADA, "groups": [], "has_password": False, **user}])

    assert bool(found) is refused


def test_groups_of_a_provider_let_in_who_is_in_one() -> None:
    settings = {"auth": AUTH | {"kind": "oidc"}, "provider": {"allowed_groups": ["/lab"]}}
    users = [
        {"name": name, "groups": groups, "has_password": False} for name, groups in (("in", ["/lab"]), ("out", []))
    ]

    assert [user for user, _ in logins({}, settings, users)] == ["out"]


def test_who_could_not_sign_in_before_loses_nothing() -> None:
    settings = {"auth": AUTH, "provider": None}

    assert logins(settings, settings, [{"name": ADA, "groups": [], "has_password": False}]) == []
